// Which workloads a rebalance may move, and what it is told of them.
import { modeOf } from '@flotilla/api/placement'
import { nextCost, objectiveOf } from '../cost/objective.ts'
import { holdingsOf } from '../holding.ts'
import { type Judged, judgeClusters } from '../judge.ts'
import { isBoundByRoom } from '../mode.ts'
import type { Turn } from '../order.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot, type ShapeRow, type Snapshot } from '../snapshot.ts'
import type { OptionInput } from './problem.ts'

/** A binding, asked about as the scheduler is asked. */
export interface Work extends Pick<Turn, 'key' | 'priority'> {
  /** `previous` is what is decided for it now. */
  readonly request: ScheduleRequest
  /** Why it is not to be moved, in the words of `reasonToStay`; none: it may be. */
  readonly kept?: string
  /** As of `RebalanceOptions`, for this work. Default: that of all. */
  readonly gate?: number
  /** Whose allowance its moves count against: a key of `Budget.allowances`. */
  readonly budget?: string
  /** Ids of clusters that its replicas do not leave: they have only just come. */
  readonly staysOn?: ReadonlySet<string>
}

/** Why a workload is left alone; undefined: it may move. */
export function reasonToStay({ request, kept }: Work, { byId }: Snapshot): string | undefined {
  if (kept !== undefined) return kept
  const { placement, replicas = 0, completions, previous } = request
  const objective = objectiveOf(placement)
  if (objective === undefined || !isBoundByRoom(placement)) return 'not placed by costs'
  if ((objective.load ?? 0) > 0) return 'placed by load, which moves with it'
  if (placement.workloadAffinity !== undefined) return 'placed beside others, or apart from them'
  if ((placement.clusterAffinities ?? []).length > 1) return 'placed by tiers'
  if (request.requirements?.parts !== undefined) return 'pods that differ, which go together'
  if (replicas === 0 || completions !== undefined || previous === undefined) return 'nothing to move'
  const isMoving = !request.isGrowthReady || previous.clusters.some(({ from }) => from !== undefined)
  if (isMoving || previous.clusters.some(({ id }) => !byId.has(id))) return 'moving already'
  const placed = previous.clusters.reduce((sum, each) => sum + (each.replicas ?? 0), 0)
  return placed > replicas ? 'moving already' : undefined
}

/** The clusters that a movable workload may use. */
export function optionsOfWork({ request, staysOn }: Work, snapshot: Snapshot): readonly OptionInput[] {
  const { replicas = 0, previous } = request
  const judged = judgeClusters(request, snapshot, holdingsOf(previous, true, false))
  return judged.flatMap((each) => toOption(each, replicas, staysOn) ?? [])
}

function toOption(
  { cluster, holding, limit, isFeasible, costs }: Judged,
  replicas: number,
  staysOn: Work['staysOn'],
): OptionInput | undefined {
  const current = holding?.entry.replicas ?? 0
  const max = Math.max(current, isFeasible ? Math.min(limit, replicas) : 0)
  if (max === 0 || costs === undefined) return undefined
  // What is to leave a cluster leaves by the scheduler's own decision, not for costs.
  const mayLeave = isFeasible && staysOn?.has(cluster.id) !== true
  return { cluster: cluster.id, cost: nextCost(costs), current, min: mayLeave ? 0 : current, max }
}

const anywhere: readonly ShapeRow[] = [{ free: new Map(), labels: {}, taints: [], count: 1 }]

/** The fleet with room for everything. */
export function withoutBounds({ clusters, book }: Snapshot): Snapshot {
  return createSnapshot(
    clusters.map((row) => ({ ...row, shapes: anywhere })),
    book,
  )
}

/**
 * Whether the scheduler would have it so if there were room: spread, and for Aggregated no more clusters than now.
 * `unbounded`: see `withoutBounds`.
 */
export function allowsTarget({ request }: Work, target: ReadonlyMap<string, number>, unbounded: Snapshot): boolean {
  const { requirements: _, ...asked } = request
  const used = (request.previous?.clusters ?? []).filter(({ replicas = 0 }) => replicas > 0).length
  if (modeOf(asked.placement.replicaScheduling) === 'Aggregated' && target.size > Math.max(1, used)) return false
  const { clusters } = schedule({ ...asked, target }, unbounded, { trigger: 'Rebalance' })
  const got = new Map(clusters.map(({ id, replicas = 0 }) => [id, replicas]))
  return [...new Set([...got.keys(), ...target.keys()])].every((id) => (got.get(id) ?? 0) === (target.get(id) ?? 0))
}
