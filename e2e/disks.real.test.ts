// The real process on a disk that fills up or stops confirming: what was acknowledged is there, what is not is refused
// with the way out, and the next start has it all.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isError } from '@flotilla/machinery/errors'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { freePorts } from '@flotilla/testbed/ports'
import { startWatchdog } from '@flotilla/testbed/watchdog'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFlotilla, type FlotillaProcess, type StartLimits } from './src/flotilla-process.ts'
import { openServer, type Server } from './src/server.ts'
import { until } from './src/until.ts'

interface Hub {
  readonly server: Server
  readonly process: FlotillaProcess
}

/** Starts hubs one after the other on one folder, each under limits of its own. */
async function aFolder(): Promise<(limits?: StartLimits) => Promise<Hub>> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-disk-'))
  const watchdog = startWatchdog(folder)
  const [port] = await freePorts(1)
  const kubeconfig = join(folder, 'data', 'kubeconfig')
  onTestFinished(async () => {
    await watchdog.dismiss()
    rmSync(folder, { recursive: true, force: true })
  })
  return async (limits = {}) => {
    const args = ['start', '--data-dir', join(folder, 'data'), '--listen', `127.0.0.1:${port}`]
    const process = startFlotilla(args, { folder, watchdog, ...limits })
    onTestFinished(async () => void (await process.end('SIGKILL')))
    await until(
      'the hub to start',
      async () => process.printed(),
      (text) => text.includes('Ctrl-C stops it'),
      30_000,
    )
    expect(existsSync(kubeconfig)).toBe(true)
    const server = await openServer(kubeconfig)
    onTestFinished(() => server.api.close())
    return { server, process }
  }
}

const text = 'x'.repeat(50_000)

function create({ server }: Hub, name: string, data: Readonly<Record<string, string>> = { text }): Promise<unknown> {
  const metadata = { name, namespace: 'default' }
  return server.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
}

interface Filled {
  /** Names that were acknowledged. */
  readonly kept: readonly string[]
  readonly refusal: string
}

async function fill(hub: Hub, name: string): Promise<Filled> {
  const kept: string[] = []
  for (let n = 0; n < 1_000; n++) {
    try {
      await create(hub, `${name}-${n}`)
      kept.push(`${name}-${n}`)
    } catch (error) {
      return { kept, refusal: isError(error, 'Unavailable') ? error.message : String(error) }
    }
  }
  throw new Error('everything was stored')
}

async function namesOn({ server }: Hub): Promise<readonly string[]> {
  const { items } = await server.api.list(configMaps, { namespace: 'default' })
  return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')
}

describe('flotilla start', () => {
  it.each([
    { name: 'the first log', mostFileKiB: 2_000 },
    { name: 'a log that was moved into the database before', mostFileKiB: 9_000 },
  ])(
    'on a disk that takes no more of $name refuses, keeps what it acknowledged, and goes on',
    async ({ mostFileKiB }) => {
      const start = await aFolder()
      const full = await start({ mostFileKiB })
      const { kept, refusal } = await fill(full, 'large')
      expect(refusal).toMatch(/^Cannot store configmaps\/default\/large-\d+ in .*store\.sqlite: .*\. Next: /)
      expect(kept.length).toBeGreaterThan(5)
      expect(await namesOn(full)).toEqual(kept.toSorted())
      await full.process.end('SIGKILL')
      const again = await start()
      expect(await namesOn(again)).toEqual(kept.toSorted())
      await create(again, 'more')
      expect(await namesOn(again)).toEqual([...kept, 'more'].toSorted())
    },
  )

  it('on a disk that confirms nothing any more refuses all writes, goes on reading, and has everything after a restart', async () => {
    const start = await aFolder()
    const dying = await start({ preload: join(import.meta.dirname, 'src/failing-sync.ts') })
    for (const name of ['one', 'two']) await create(dying, name)
    process.kill(dying.process.pid, 'SIGUSR2')
    const { kept, refusal } = await fill(dying, 'late')
    expect(refusal).toMatch(/the disk did not confirm an earlier write \(EIO.*Next: see to the disk, then restart/)
    expect(kept.length).toBeLessThan(2)
    const acknowledged = ['one', 'two', ...kept].toSorted()
    expect(await namesOn(dying)).toEqual(acknowledged)
    await expect(create(dying, 'never')).rejects.toThrow('the disk did not confirm an earlier write')
    await dying.process.end('SIGKILL')
    const again = await start()
    // What was never confirmed may have reached the disk or not.
    expect(await namesOn(again)).toEqual(expect.arrayContaining(acknowledged))
    expect(await namesOn(again)).not.toContain('never')
  })
})
