// Takes one workload off clusters, or lets it back.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import type { Eviction } from '@flotilla/api/resource-binding'
import type { Binding } from '@flotilla/control-plane/hub'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { WithdrawFlags } from '../commands/withdraw.ts'
import { readTemplate } from '../decisions/read-binding.ts'
import { freezeText, readFreeze } from '../failover/run-freeze.ts'
import { chooseClusters } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import { whoWeAre } from '../reach/who-we-are.ts'
import type { Terminal } from '../terminal.ts'
import { editBinding } from './edit-binding.ts'

/** An old copy of which nothing is ready waits for so long for what replaces it. */
const graceSeconds = 600

export async function runWithdraw(args: readonly string[], flags: WithdrawFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const { template, binding } = await readTemplate(hub.api, args, flags.namespace ?? hub.namespace)
  const name = `${template.kind.toLowerCase()}/${template.metadata.name}`
  if (!binding) throw cannot(name, 'no policy places it', 'flotilla explain')
  const { items } = await hub.api.list<Cluster>(clusterResource)
  const clusters = chooseClusters(items, flags.clusters)
  const who = { by: await whoWeAre(hub.api), since: timestamp(env.clock.now()) }
  if (flags.undo !== true) await checkMovable(hub.api, name, binding)
  const next = ({ spec }: Binding) =>
    flags.undo ? letBack(spec.evictions, clusters) : withdrawn(spec.evictions, clusters, { ...who, why: flags.reason })
  const note = flags.dryRun === true ? ' (dry run)' : ''
  const where = clusters.map(({ metadata }) => metadata.name).join(', ')
  const change = (now: Binding) => {
    const evictions = next(now)
    return evictions && withEvictions(now, evictions)
  }
  const isNews = flags.dryRun === true ? next(binding) !== undefined : await editBinding(hub.api, binding, change)
  if (!isNews) {
    terminal.out(
      `${name} unchanged: it is ${flags.undo ? `not withdrawn from ${where}` : `withdrawn from ${where} already`}\n`,
    )
    return
  }
  const place = template.metadata.namespace === undefined ? '' : ` -n ${template.metadata.namespace}`
  const look = `Next: flotilla explain ${name}${place}`
  if (flags.undo) terminal.out(`${name} may be on ${where} again${note}\n${look}\n`)
  else {
    const undo = `flotilla withdraw ${name}${place} -C ${clusters.map(({ metadata }) => metadata.name).join(',')} --undo`
    terminal.out(
      `${name} withdrawn from ${where}${note}\nIt leaves once what replaces it is ready; the last copy stays.\n${look}; ${undo}\n`,
    )
  }
}

async function checkMovable(hub: KubeApi, name: string, { spec }: Binding): Promise<void> {
  if (!spec.policy) throw cannot(name, 'no policy selects it any more, so nobody decides for it', 'flotilla explain')
  const freeze = await readFreeze(hub)
  if (freeze) throw cannot(name, `moves are ${freezeText(freeze)}`, 'flotilla freeze --off')
}

/** Undefined: nothing changes. */
function letBack(before: readonly Eviction[] = [], clusters: readonly Cluster[]): readonly Eviction[] | undefined {
  const ids = new Set(clusters.map(({ spec }) => spec.id))
  const left = before.filter(({ id, reason }) => reason !== 'Withdrawn' || !ids.has(id))
  return left.length === before.length ? undefined : left
}

/** Undefined: nothing changes. What failover has moved away is a person's matter from then on. */
function withdrawn(
  before: readonly Eviction[] = [],
  clusters: readonly Cluster[],
  { by, since, why }: { readonly by: string; readonly since: string; readonly why: string | undefined },
): readonly Eviction[] | undefined {
  const away = new Set(before.filter(({ reason }) => reason === 'Withdrawn').map(({ id }) => id))
  const more = clusters.filter(({ spec }) => !away.has(spec.id))
  if (more.length === 0) return undefined
  const ids = new Set(more.map(({ spec }) => spec.id))
  const message = `withdrawn by ${by}${why === undefined ? '' : `: ${why}`}`.slice(0, 1024)
  const added = more.map(({ metadata, spec: { id } }) => ({
    cluster: metadata.name,
    id,
    ...(metadata.uid === undefined ? {} : { clusterUID: metadata.uid }),
    reason: 'Withdrawn' as const,
    message,
    since,
    graceSeconds,
  }))
  return [...before.filter(({ id }) => !ids.has(id)), ...added]
}

function withEvictions({ metadata }: Binding, evictions: readonly Eviction[]): Patch {
  const { resourceVersion, uid } = metadata
  return { type: 'merge', patch: { metadata: { resourceVersion, uid }, spec: { evictions } } }
}

function cannot(name: string, why: string, next: string): FlotillaError {
  return new FlotillaError('Invalid', `Cannot withdraw ${name}: ${why}. Next: ${next}`)
}
