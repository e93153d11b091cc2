// A plan in words: what moves, what has no place and why, the sums. Pure.
import type { PlannedWorkload, PlanStatus } from '@flotilla/api/plan'

export interface PlanTextOptions {
  /** With the policies that place what moves. */
  readonly isWide?: boolean
}

export function planText(
  { workloads, waves, totals, snapshot }: PlanStatus,
  { isWide = false }: PlanTextOptions = {},
): string {
  const texts = workloads.map((each) => workloadText(each, isWide))
  const missing =
    totals.missing.to === 0
      ? []
      : [
          `Without a place: ${count(totals.missing.to, 'replica')}, now ${totals.missing.from}${byPriority(workloads)}.\n`,
        ]
  const emptied = totals.emptied.length === 0 ? [] : [`Left with nothing: ${totals.emptied.join(', ')}.\n`]
  return [
    ...texts,
    `${sumText(totals)}\n`,
    ...waveLines(waves),
    ...missing,
    ...emptied,
    ...costLines(totals),
    `Snapshot ${snapshot}\n`,
  ].join('')
}

/** By cluster; a single wave goes without saying. */
function waveLines(waves: PlanStatus['waves']): readonly string[] {
  if (waves.length < 2) return []
  return waves.map(({ moves }, index) => {
    const by = new Map<string, number>()
    for (const { cluster, from, to } of moves) by.set(cluster, (by.get(cluster) ?? 0) + to - from)
    const changes = [...by].sort(([left], [right]) => (left < right ? -1 : 1))
    const told = changes.map(([cluster, change]) => `${cluster} ${change < 0 ? '' : '+'}${change}`)
    return `Wave ${index + 1}: ${told.join(', ')}.\n`
  })
}

/** Where those without a place differ in priority. */
function byPriority(workloads: readonly PlannedWorkload[]): string {
  const by = Map.groupBy(
    workloads.filter(({ missing }) => missing.to > 0),
    ({ priority }) => priority,
  )
  if (by.size < 2) return ''
  const told = [...by].map(([priority, some]) => {
    const replicas = some.reduce((sum, { missing }) => sum + missing.to, 0)
    return `${replicas} of priority ${priority}`
  })
  return ` (${told.join(', ')})`
}

function costLines({ costs }: PlanStatus['totals']): readonly string[] {
  if (costs === undefined) return []
  const { currency, price, carbon, latency } = costs
  const terms = [
    ...(price ? [`${currency} an hour ${changeText(price)}`] : []),
    ...(carbon ? [`kg of CO2 an hour ${changeText(carbon)}`] : []),
    ...(latency ? [`ms to users ${changeText(latency)}`] : []),
  ]
  return terms.length === 0 ? [] : [`Costs: ${terms.join(', ')}.\n`]
}

/** To four digits. */
function changeText({ from, to }: { readonly from: number; readonly to: number }): string {
  const text = (value: number) => String(Number(value.toPrecision(4)))
  return `${text(from)} -> ${text(to)}`
}

function workloadText(each: PlannedWorkload, isWide: boolean): string {
  const { moves, missing, reason, pending, staying } = each
  return [
    headOf(each, isWide),
    ...moves.map(({ cluster, from, to }) => `  ${cluster}: ${from} -> ${to}`),
    ...(missing.to > 0 ? [`  without a place: ${missing.to}${reason === undefined ? '' : `; ${reason}`}`] : []),
    ...(missing.from > missing.to ? [`  without a place now: ${missing.from}, then ${missing.to}`] : []),
    ...pending.map(({ cluster, replicas }) => `  Pending on ${cluster}, for want of room: ${replicas}`),
    ...staying.map(({ cluster, replicas }) => `  stays on ${cluster} until replaced: ${replicas}`),
    '\n',
  ].join('\n')
}

function headOf(planned: PlannedWorkload, isWide: boolean): string {
  const { workload, policy, isNew, removal, replicas } = planned
  const { from, to } = replicas
  const by = isWide ? (policy === undefined ? ', by no policy any more' : `, by ${titleOf(policy)}`) : ''
  if (removal !== undefined) return `${titleOf(workload)}${by}: ${removals[removal]}`
  const load = isNew
    ? `: new${to === 0 ? '' : `, ${count(to, 'replica')}`}`
    : from === to
      ? ''
      : `: ${from} -> ${to} replicas`
  return `${titleOf(workload)}${by}${load}`
}

const removals: Readonly<Record<NonNullable<PlannedWorkload['removal']>, string>> = {
  Deleted: 'taken away',
  Preserved: 'taken away, its copies stay (preserveResourcesOnDeletion)',
}

function sumText({ workloads, moved, added, removed }: PlanStatus['totals']): string {
  if (moved + added + removed === 0) return 'No moves.'
  const parts = [
    ...(moved > 0 ? [`${count(moved, 'replica')} moved`] : []),
    ...(added > 0 ? [`${added} more`] : []),
    ...(removed > 0 ? [`${removed} fewer`] : []),
  ]
  return `${count(workloads, 'workload')}: ${parts.join(', ')}.`
}

function titleOf({ kind, namespace, name }: PlannedWorkload['workload']): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}
