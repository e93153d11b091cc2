// Decides where one binding goes. Pure: equal inputs give equal bytes, in any order of clusters, on any machine.
import { modeOf } from '@flotilla/api/placement'
import type { DecidedCluster, Decision, Shortfall } from '@flotilla/api/resource-binding'
import { canonicalJson, deepEqual } from '@flotilla/machinery/json'
import { allocate, wantedReplicas } from './allocate.ts'
import type { Allocation } from './allocation.ts'
import { explain, explainNothing } from './explain.ts'
import { hashText } from './hash.ts'
import { type HeldUp, judgeHeldUp } from './held-up.ts'
import { holdBack } from './hold-back.ts'
import { type Holding, holdingsOf, isGrowing, isLeaving } from './holding.ts'
import { hashInputs, isOfRequest, isSameRequest, orderTies } from './inputs.ts'
import { divideCompletions } from './job.ts'
import { type Judged, judgeClusters } from './judge.ts'
import { joinMoves } from './move.ts'
import { suggestChange } from './relax.ts'
import { staysPinned, withPin } from './pinned.ts'
import type { ScheduleOptions, ScheduleRequest } from './request.ts'
import type { Snapshot } from './snapshot.ts'
import { standAtZero } from './stand-at-zero.ts'
import { isUndisturbed } from './undisturbed.ts'
import { explainViolation } from './violation.ts'

/**
 * Answers `request.previous` itself when nothing is to change. Throws BadRequest for selectors that admission
 * refuses.
 */
export function schedule(request: ScheduleRequest, snapshot: Snapshot, options: ScheduleOptions): Decision {
  if (request.previous !== undefined && isUndisturbed(request, snapshot)) return request.previous
  const { target, ...rest } = request
  const asked = withPin(rest)
  const moved = target && resolveTarget(request, target, snapshot)
  const resolved = moved ?? resolve(asked, snapshot)
  const { previous } = request
  return previous !== undefined &&
    (isSettledBy(previous, resolved, asked) ||
      (!moved && staysPinned(previous, resolved.clusters, resolved.judged, asked)))
    ? previous
    : toDecision(resolved, asked, snapshot, moved ? { trigger: 'Rebalance' } : options)
}

/** Undefined where rules or room do not allow exactly the target. */
function resolveTarget(
  request: ScheduleRequest,
  target: ReadonlyMap<string, number>,
  snapshot: Snapshot,
): Resolved | undefined {
  const resolved = resolve(request, snapshot)
  const got = new Map(resolved.clusters.map(({ id, replicas = 0 }) => [id, replicas]))
  const ids = [...new Set([...got.keys(), ...target.keys()])]
  const isMet = ids.every((id) => (got.get(id) ?? 0) === (target.get(id) ?? 0))
  return isMet && resolved.shortfall === undefined ? resolved : undefined
}

/** The decision with a fresh explanation of every cluster: for `explain` and `plan`, never stored. */
export function explainAll(request: ScheduleRequest, snapshot: Snapshot, options: ScheduleOptions): Decision {
  return toDecision(resolve(withPin(request), snapshot), request, snapshot, options, Number.POSITIVE_INFINITY)
}

interface Resolved extends Placed {
  readonly clusters: readonly DecidedCluster[]
  readonly shortfall?: Shortfall
}

function resolve(request: ScheduleRequest, snapshot: Snapshot): Resolved {
  const placed = place(request, snapshot)
  const { holdings, judged, ties, allocation, heldUp } = placed
  const isWhole = request.replicas === undefined
  const completions = completionsOf(request, allocation, holdings, ties)
  const target = { replicas: allocation.replicas, isWhole, ...(completions === undefined ? {} : { completions }) }
  const clusters = joinMoves(target, holdings, heldUp, snapshot)
  const shortfall = allocation.shortfall ?? explainViolation(judged, clusters)
  return { ...placed, clusters, ...(shortfall === undefined ? {} : { shortfall }) }
}

function toDecision(
  { judged, feasible, allocation, clusters, shortfall }: Resolved,
  request: ScheduleRequest,
  { book: { currency } }: Snapshot,
  { trigger }: ScheduleOptions,
  verdicts?: number,
): Decision {
  const inputHash = hashInputs(request, feasible)
  return {
    forHash: hashDecision(request.previous, inputHash, clusters),
    clusters,
    ...(shortfall === undefined ? {} : { shortfall }),
    explanation: explain({ request, judged, clusters, allocation, trigger, inputHash, currency }, verdicts),
  }
}

interface Placed {
  readonly holdings: ReadonlyMap<string, Holding>
  readonly judged: readonly Judged[]
  readonly feasible: readonly Judged[]
  readonly ties: ReadonlyMap<string, number>
  readonly allocation: Allocation
  readonly heldUp: HeldUp
}

/** Where everything is to be. What a move that is over leaves stays as long as it is not replaced. */
function place(request: ScheduleRequest, snapshot: Snapshot): Placed {
  const ended = placeWith(request, snapshot, 0)
  const { isGrowthReady, previous } = request
  const kept = isGrowthReady && previous?.clusters.some(isGrowing) ? keptOf(ended, previous) : 0
  return kept > 0 ? placeWith(request, snapshot, kept) : ended
}

/** What has no place, or had none in `previous` and is only now to grow; all that is left where nothing may leave. */
function keptOf({ allocation, holdings, judged, heldUp }: Placed, { shortfall }: Decision): number {
  const { missing, mayLeave } = heldUp
  if (!mayLeave) return Number.POSITIVE_INFINITY
  const growth = judged.reduce(
    (sum, { cluster: { id } }) => sum + (allocation.replicas.get(id) ?? 0) - (holdings.get(id)?.base ?? 0),
    0,
  )
  return Math.max(0, Math.min(missing + growth, Math.max(missing, shortfall?.missingReplicas ?? 0)))
}

function placeWith(request: ScheduleRequest, snapshot: Snapshot, kept: number): Placed {
  const { previous, isGrowthReady, replicas, templateUID } = request
  const holdings = holdingsOf(previous, isGrowthReady, replicas === undefined, kept)
  const judged = judgeClusters(request, snapshot, holdings)
  const feasible = judged.filter(({ isFeasible }) => isFeasible)
  const ties = orderTies(templateUID, feasible)
  const placed: Allocation =
    feasible.length > 0
      ? standAtZero(allocate(request, feasible, ties), feasible)
      : { replicas: new Map(), shortfall: explainNothing(judged, wantedReplicas(request) ?? 0) }
  const heldUp = judgeHeldUp(request, placed, judged, ties)
  return { holdings, judged, feasible, ties, allocation: denyOrSay(placed, request, judged, feasible, ties), heldUp }
}

/** With a shortfall that says what would help, and without what may not be placed in part. */
function denyOrSay(
  allocation: Allocation,
  request: ScheduleRequest,
  judged: readonly Judged[],
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  if (allocation.shortfall === undefined) return allocation
  const shortfall = suggestChange(allocation.shortfall, request, judged, ties)
  return feasible.length > 0
    ? holdBack({ ...allocation, shortfall }, request, feasible, ties)
    : { ...allocation, shortfall }
}

function completionsOf(
  { completions, placement }: ScheduleRequest,
  { replicas }: Allocation,
  holdings: ReadonlyMap<string, Holding>,
  ties: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> | undefined {
  if (completions === undefined) return undefined
  if (modeOf(placement.replicaScheduling) === 'Duplicated') {
    return new Map([...replicas.keys()].map((id) => [id, completions]))
  }
  return divideCompletions(completions, replicas, holdings, ties)
}

/**
 * A decision's hash covers those before it: going back to earlier inputs must not look like the decision of then,
 * whose growth was seen ready. Ending a move (nothing but what was kept for its sake goes) keeps the hash, and so
 * does explaining anew, since what was observed of the decision still holds.
 */
function hashDecision(previous: Decision | undefined, inputHash: string, clusters: readonly DecidedCluster[]): string {
  if (previous !== undefined && isSameRequest(previous.explanation.inputHash, inputHash)) {
    const ended = previous.clusters.filter((cluster) => !isLeaving(cluster)).map(withoutFrom)
    if (deepEqual(ended, clusters) || deepEqual(previous.clusters, clusters)) return previous.forHash
  }
  return hashText(canonicalJson([previous?.forHash, inputHash, clusters]))
}

function withoutFrom({ name, id, replicas, completions }: DecidedCluster): DecidedCluster {
  return {
    name,
    id,
    ...(replicas === undefined ? {} : { replicas }),
    ...(completions === undefined ? {} : { completions }),
  }
}

/** True when the binding already says what was decided, for the same request. */
function isSettledBy(previous: Decision, { clusters, shortfall }: Resolved, request: ScheduleRequest): boolean {
  return (
    isOfRequest(previous.explanation.inputHash, request) &&
    deepEqual(previous.clusters, clusters) &&
    deepEqual(previous.shortfall, shortfall)
  )
}
