// What one write of a binding moves: replicas that leave clusters while others get some. Pure.
import type { DecidedCluster } from '@flotilla/api/resource-binding'
import type { Binding } from './hub.ts'
import { workloadOf } from './workload-name.ts'

/** One move, as the history keeps it. */
export interface Move {
  /** RFC 3339. */
  readonly time: string
  readonly kind: string
  /** `NAMESPACE/NAME`. */
  readonly workload: string
  /** Replicas by cluster that leave, and that come. Objects without count as one. */
  readonly from: Readonly<Record<string, number>>
  readonly to: Readonly<Record<string, number>>
  /** Of an eviction, `Return`, or what made the scheduler decide. */
  readonly reason: string
  readonly message: string
}

/** Undefined: nothing leaves a cluster for another. */
export function moveOf(before: Binding, after: Binding, time: string): Move | undefined {
  if (before.spec.decision?.clusters === after.spec.decision?.clusters) return undefined
  const [held, next] = [replicasIn(before), replicasIn(after)]
  const from = differences(held, next)
  const to = differences(next, held)
  if (Object.keys(from).length === 0 || Object.keys(to).length === 0) return undefined
  const kind = after.spec.workloads[0]?.ref.kind ?? ''
  return {
    time,
    kind,
    workload: workloadOf(after),
    from,
    to,
    ...(withdrawalOf(after, from) ?? reasonOf(before, after)),
  }
}

/** It was written before the move that it leads to. */
function withdrawalOf(
  { spec }: Binding,
  left: Readonly<Record<string, number>>,
): Pick<Move, 'reason' | 'message'> | undefined {
  const found = spec.evictions?.find(({ reason, cluster }) => reason === 'Withdrawn' && cluster in left)
  return found && { reason: found.reason, message: found.message }
}

function reasonOf(before: Binding, after: Binding): Pick<Move, 'reason' | 'message'> {
  const known = new Set((before.spec.evictions ?? []).map(({ id, since }) => `${id} ${since}`))
  const left = new Set((after.spec.evictions ?? []).map(({ id }) => id))
  const begun = after.spec.evictions?.find(({ id, since }) => !known.has(`${id} ${since}`))
  if (begun) return { reason: begun.reason, message: begun.message }
  const ended = before.spec.evictions?.find(({ id }) => !left.has(id))
  if (ended) return { reason: 'Return', message: `${ended.cluster} may have it back` }
  return { reason: after.spec.decision?.explanation.trigger ?? '', message: '' }
}

function replicasIn({ spec }: Binding): ReadonlyMap<string, number> {
  return new Map((spec.decision?.clusters ?? []).map((entry) => [entry.name, countOf(entry)]))
}

function countOf({ replicas = 1 }: DecidedCluster): number {
  return replicas
}

function differences(
  more: ReadonlyMap<string, number>,
  less: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const found = [...more].map(([name, count]) => [name, count - (less.get(name) ?? 0)] as const)
  return Object.fromEntries(found.filter(([, count]) => count > 0))
}
