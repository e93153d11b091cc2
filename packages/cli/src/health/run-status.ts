// Prints how the hub, its clusters and what is placed are.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import type { RestoredHub } from '@flotilla/api/hub-past'
import { readPast } from '@flotilla/control-plane/takeover/take-over'
import { keyOf } from '@flotilla/machinery/object'
import { findCondition } from '@flotilla/runtime/conditions'
import { createCommandEnv } from '../command-env.ts'
import type { StatusFlags } from '../commands/health.ts'
import type { Binding } from '@flotilla/control-plane/hub'
import { listBindings, listClusterBindings } from '@flotilla/control-plane/what-if/template-bindings'
import { painter, type Paint } from '../output/colour.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { freezeText, readFreeze } from '../failover/run-freeze.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { textAt } from '../text-at.ts'
import { countOrphans, orphansPhrase, type OrphanCount } from './orphans.ts'

export interface Trouble {
  readonly thing: string
  readonly why: string
  readonly next: string
}

export interface Summary {
  readonly hub: { readonly server: string; readonly version: string }
  readonly clusters: { readonly total: number; readonly ready: number }
  readonly nodes: { readonly total: number; readonly ready: number }
  readonly placed: Readonly<Record<BindingState, number>> & { readonly total: number }
  /** Of clusters that hold objects of ours which nothing claims. */
  readonly orphans: readonly OrphanCount[]
  readonly troubles: readonly Trouble[]
  /** Bindings of which removals are held. */
  readonly held: number
  /** E.g. `frozen since …`; none: moves go on. */
  readonly moves?: string
  /** E.g. `read-only since …`; none: it writes to its members. */
  readonly restored?: string
}

export type BindingState = 'healthy' | 'progressing' | 'notScheduled' | 'failed'

export async function runStatus(flags: StatusFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  await using hub = await connectHub(createCommandEnv(), terminal, flags)
  const [version, clusters, local, wide, freeze, past] = await Promise.all([
    hub.api.raw({ path: '/version' }),
    hub.api.list<Cluster>(clusterResource),
    listBindings(hub.api),
    listClusterBindings(hub.api),
    readFreeze(hub.api),
    readPast(hub.api),
  ])
  const server = { server: hub.api.server, version: textAt(version.body, ['gitVersion']) }
  const fleet = summarize(server, clusters.items, [...local, ...wide])
  const { restored } = past
  const summary = {
    ...fleet,
    ...(freeze && { moves: freezeText(freeze) }),
    ...(restored && { restored: restoredText(restored) }),
  }
  terminal.out(format === 'text' ? summaryText(summary, painter(terminal)) : await formatValue(summary, format))
}

export function summarize(hub: Summary['hub'], clusters: readonly Cluster[], bindings: readonly Binding[]): Summary {
  const counts = { healthy: 0, progressing: 0, notScheduled: 0, failed: 0, total: bindings.length }
  for (const binding of bindings) counts[stateOf(binding)]++
  const ready = clusters.filter(isReady)
  const nodesOf = (some: readonly Cluster[], field: 'ready' | 'total') =>
    some.reduce((all, { status }) => all + (status?.nodes?.[field] ?? 0), 0)
  return {
    hub,
    clusters: { total: clusters.length, ready: ready.length },
    // What a cluster that is not ready said of its nodes may be long over.
    nodes: { total: nodesOf(clusters, 'total'), ready: nodesOf(ready, 'ready') },
    placed: counts,
    orphans: countOrphans(clusters),
    held: bindings.filter(({ spec }) => spec.removalHold !== undefined).length,
    troubles: [...clusters.flatMap(clusterTrouble), ...bindings.flatMap(bindingTrouble)],
  }
}

function restoredText({ since, cluster }: RestoredHub): string {
  return `read-only since ${since}: cluster ${cluster} knows a newer state of this hub, which was restored from an older or is a copy`
}

function isReady({ status }: Cluster): boolean {
  return findCondition(status?.conditions, 'Ready')?.status === 'True'
}

/** A status of an older decision says nothing of this one. */
function stateOf({ spec, status }: Binding): BindingState {
  const condition = (type: string) => findCondition(status?.conditions, type)?.status
  if (spec.decision === undefined || condition('Scheduled') === 'False') return 'notScheduled'
  if (status?.decisionHash !== spec.decision.forHash) return 'progressing'
  if ((status.clusters ?? []).some(({ state }) => state === 'Failed')) return 'failed'
  return condition('Applied') === 'True' && condition('Healthy') === 'True' ? 'healthy' : 'progressing'
}

function clusterTrouble(cluster: Cluster): readonly Trouble[] {
  const { name } = cluster.metadata
  if (isReady(cluster)) return contactTrouble(cluster)
  const ready = findCondition(cluster.status?.conditions, 'Ready')
  const why = ready === undefined ? 'no controller has looked at it yet' : `${ready.reason}: ${ready.message}`
  const failover = findCondition(cluster.status?.conditions, 'Failover')
  const moved = failover === undefined ? '' : `. Failover: ${withoutNext(failover.message)}`
  return [{ thing: `cluster/${name}`, why: `${withoutNext(why)}${moved}`, next: `flotilla doctor cluster ${name}` }]
}

/** Of a cluster that counts as ready still: that it is slow, or has stopped answering a moment ago. */
function contactTrouble({ metadata: { name }, status }: Cluster): readonly Trouble[] {
  const reachable = findCondition(status?.conditions, 'Reachable')
  if (reachable === undefined || reachable.reason === 'Answered') return []
  const why = `${reachable.reason}: ${withoutNext(reachable.message)}`
  return [{ thing: `cluster/${name}`, why, next: `flotilla doctor cluster ${name}` }]
}

function bindingTrouble(binding: Binding): readonly Trouble[] {
  const state = stateOf(binding)
  const ref = binding.spec.workloads[0]?.ref
  if (state === 'healthy' || ref === undefined) return []
  const place = ref.namespace === undefined ? '' : ` -n ${ref.namespace}`
  const next = `flotilla explain ${ref.kind.toLowerCase()}/${ref.name}${place}`
  return [
    {
      thing: `${ref.kind} ${keyOf({ name: ref.name, ...(ref.namespace ? { namespace: ref.namespace } : {}) })}`,
      why: bindingReason(binding),
      next,
    },
  ]
}

function bindingReason({ spec, status }: Binding): string {
  const failed = (status?.clusters ?? []).find(({ state }) => state === 'Failed')
  if (failed !== undefined) return `${failed.name}: ${failed.message ?? 'failed'}`
  const bad = ['Scheduled', 'Applied', 'Healthy']
    .map((type) => findCondition(status?.conditions, type))
    .find((one) => one !== undefined && one.status !== 'True')
  if (bad !== undefined) return `${bad.reason}: ${bad.message}`
  return spec.decision === undefined ? 'no decision yet' : 'on its way'
}

/** What a message says to do next is said beside it. */
function withoutNext(text: string): string {
  return text.replace(/\.? Next: .*$/s, '')
}

export function summaryText(summary: Summary, paint: Paint): string {
  const { hub, clusters, nodes, placed, orphans, held, troubles, moves, restored } = summary
  const isFine = clusters.ready === clusters.total
  const clusterCount = paint(isFine ? 'green' : 'red', `${clusters.ready} of ${clusters.total} ready`)
  const states = [
    [placed.healthy, 'healthy'],
    [placed.progressing, 'on their way'],
    [placed.notScheduled, 'not scheduled'],
    [placed.failed, 'failed'],
  ] as const
  const counted = states.filter(([count], index) => count > 0 || index === 0).map(([count, name]) => `${count} ${name}`)
  const lines = [
    `Hub        ${hub.server} (${hub.version})`,
    ...(restored === undefined ? [] : [`Members    ${paint('red', restored)}. Next: flotilla takeover --dry-run`]),
    `Clusters   ${clusterCount}, ${nodes.ready} of ${nodes.total} nodes ready`,
    `Placed     ${placed.total}: ${counted.join(', ')}`,
    ...(moves === undefined ? [] : [`Moves      ${paint('yellow', moves)}. Next: flotilla freeze --off`]),
    ...heldLines(held, placed.total, paint),
    ...orphanLines(orphans),
  ]
  const wrong = troubles.flatMap(({ thing, why, next }) => [`  ${paint('red', thing)}: ${why}`, `    Next: ${next}`])
  const next = clusters.total === 0 ? ['', 'Next: flotilla join NAME --cluster-kubeconfig FILE'] : []
  return `${[...lines, ...(wrong.length > 0 ? ['', 'Not fine:', ...wrong] : []), ...next].join('\n')}\n`
}

function heldLines(held: number, total: number, paint: Paint): readonly string[] {
  if (held === 0) return []
  const what = `${held} of ${total} bindings would lose copies, too many at once: nothing of them is deleted`
  return [`Held       ${paint('yellow', what)}`, '           Next: flotilla approve']
}

/** No trouble: they are left alone until somebody decides. */
function orphanLines(orphans: readonly OrphanCount[]): readonly string[] {
  const [first] = orphans
  if (first === undefined) return []
  const line = `Orphaned   ${orphansPhrase(orphans)}: nothing on the hub claims them`
  return [line, `           Next: flotilla doctor cluster ${first.cluster}`]
}
