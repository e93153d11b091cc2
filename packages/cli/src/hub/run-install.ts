// Installs our kinds on an API server that is to be a hub.
import { crds, kinds } from '@flotilla/api/crds'
import { systemNamespace } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { createCommandEnv } from '../command-env.ts'
import type { InstallFlags } from '../commands/install.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { ensureObjects } from './ensure-objects.ts'
import { shellWord } from './start-command.ts'
import { untilServed } from './until-served.ts'

const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }

export async function runInstall(flags: InstallFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const suffix = flags.dryRun ? ' (dry run)' : ''
  await ensureObjects(hub.api, [namespace, ...crds], {
    dryRun: flags.dryRun === true,
    onEnsured: ({ kind, metadata }, what) => terminal.out(`${kind.toLowerCase()}/${metadata.name} ${what}${suffix}\n`),
  })
  if (flags.dryRun) return
  await untilServed(
    env,
    hub.api,
    kinds.map(({ resource }) => resource),
  )
  const { kubeconfig, context } = flags
  const options = [
    kubeconfig ? ` --kubeconfig ${shellWord(kubeconfig)}` : '',
    context ? ` --context ${shellWord(context)}` : '',
  ].join('')
  terminal.out(`\nNext: flotilla controllers${options}\n`)
}
