// Freezes all moves of the hub, or lets them go on.
import { freezeName } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { FreezeFlags } from '../commands/freeze.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'

const key = { namespace: systemNamespace, name: freezeName }

export async function runFreeze(flags: FreezeFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const note = flags.dryRun === true ? ' (dry run)' : ''
  const before = await readFreeze(hub.api)
  if (flags.off === true) {
    if (before !== undefined && flags.dryRun !== true) await hub.api.delete(configMaps, key)
    terminal.out(before === undefined ? 'moves unchanged: they are not frozen\n' : `moves unfrozen${note}\n`)
    return
  }
  if (before !== undefined) {
    terminal.out(`moves unchanged: ${freezeText(before)}\n`)
    return
  }
  const data = { since: timestamp(env.clock.now()), ...(flags.reason === undefined ? {} : { reason: flags.reason }) }
  if (flags.dryRun !== true)
    await hub.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data })
  terminal.out(`moves frozen${note}\nWhat people change is still decided. Next: flotilla freeze --off\n`)
}

/** Undefined: nothing is frozen. */
export async function readFreeze(hub: KubeApi): Promise<KubeObject | undefined> {
  try {
    return await hub.get(configMaps, key)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

/** E.g. `frozen since 2026-03-01T12:00:00Z: maintenance`. */
export function freezeText(freeze: KubeObject): string {
  const since = textAt(freeze, 'data', 'since') || freeze.metadata.creationTimestamp || '<unknown>'
  const reason = textAt(freeze, 'data', 'reason')
  return `frozen since ${since}${reason === '' ? '' : `: ${reason}`}`
}
