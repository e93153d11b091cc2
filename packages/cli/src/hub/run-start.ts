// Runs a hub until the person stops it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { createRealEnv } from '@flotilla/runtime/real-env'
import type { StartFlags } from '../commands/start.ts'
import type { DemoMembers, DemoMembersOptions } from '../demo/start-members.ts'
import type { Terminal } from '../terminal.ts'
import { isDemoFolder, openDataFolder, whyNot, type DataFolder } from './data-folder.ts'
import { defaultDataFolder } from './default-folder.ts'
import { startEmbeddedHub, type EmbeddedHub } from './embedded-hub.ts'
import { boundHeapGrowth } from './heap.ts'
import { shellWord } from './start-command.ts'
import { checkIsFree, isLoopback, parseListenAddress } from './listen-address.ts'

/** Whatever is still open after so long is cut off: what was acknowledged is on disk. */
const stopWithinMs = 900

export async function runStart(flags: StartFlags, terminal: Terminal): Promise<void> {
  const listen = parseListenAddress(flags.listen)
  if (flags.dataDir === '') {
    throw new FlotillaError('Invalid', 'Cannot use the data folder "": it is no path. Next: name one with --data-dir')
  }
  const { stopped } = terminal
  await checkIsFree(listen)
  boundHeapGrowth()
  const env = createRealEnv({ logLevel: flags.logLevel, pretty: true })
  const isTemporary = flags.demo === true && flags.dataDir === undefined
  const path = isTemporary ? temporaryFolder(terminal) : resolve(flags.dataDir ?? defaultDataFolder(terminal.variables))
  const opened = new AsyncDisposableStack()
  try {
    const folder = opened.use(openDataFolder(path))
    const isKept = !isTemporary
    const members = flags.demo ? opened.use(await startMembers({ ...flags, env, folder, isKept })).all : undefined
    const hub = opened.use(await startHub(env, folder, flags, terminal))
    if (!isLoopback(listen.host)) {
      terminal.err(`Warning: the API listens on ${listen.host}, which other machines can reach\n`)
    }
    if (members === undefined && isDemoFolder(folder.path)) {
      terminal.err(`Warning: ${folder.path} holds a demo, whose members run only with --demo\n`)
    }
    if (members === undefined) {
      terminal.out(startedText(hub, folder, flags, terminal))
    } else {
      const { runDemo } = await import('../demo/run-demo.ts')
      await runDemo({ env, hub, folder, members, nodes: flags.nodes, terminal })
    }
    if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener('abort', resolve, { once: true }))
    terminal.out(terminal.isInteractive ? '\nStopping\n' : 'Stopping\n')
  } finally {
    await Promise.race([opened.disposeAsync(), env.timers.sleep(stopWithinMs)])
    if (isTemporary) rmSync(path, { recursive: true, force: true })
  }
}

async function startMembers(options: DemoMembersOptions): Promise<DemoMembers> {
  const demo = await import('../demo/start-members.ts')
  return demo.startMembers(options)
}

function temporaryFolder({ variables }: Terminal): string {
  return mkdtempSync(join(variables['TMPDIR'] ?? tmpdir(), 'flotilla-demo-'))
}

async function startHub(env: Env, folder: DataFolder, flags: StartFlags, { stopped }: Terminal): Promise<EmbeddedHub> {
  try {
    return await startEmbeddedHub({ env, folder, listen: parseListenAddress(flags.listen) })
  } catch (error) {
    if (stopped.aborted || error instanceof FlotillaError) throw error
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new FlotillaError(
      'Unavailable',
      `Cannot start the hub in ${folder.path}: ${whyNot(error)}`,
      {},
      { cause: error },
    )
  }
}

function startedText(hub: EmbeddedHub, folder: DataFolder, flags: StartFlags, { variables }: Terminal): string {
  const isDefault = (flags.dataDir ?? defaultDataFolder(variables)) === defaultDataFolder(variables)
  const kubeconfig = isDefault ? '' : ` --kubeconfig ${shellWord(hub.kubeconfig)}`
  return [
    `${folder.isNew ? 'Started a new hub' : 'Started the hub again'} at ${hub.url}`,
    `  data        ${folder.path}`,
    `  kubeconfig  ${hub.kubeconfig}`,
    '',
    'Next:',
    `  flotilla join NAME --cluster-kubeconfig FILE${kubeconfig}`,
    `  flotilla status${kubeconfig}`,
    `  kubectl --kubeconfig ${shellWord(hub.kubeconfig)} get clusters`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n')
}
