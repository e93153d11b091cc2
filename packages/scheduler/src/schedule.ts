// Decides where one binding goes. Pure: equal inputs give equal bytes, in any order of clusters, on any machine.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { canonicalJson, deepEqual } from '@flotilla/machinery/json'
import { allocate, wantedReplicas } from './allocate.ts'
import type { Allocation } from './allocation.ts'
import { explain, explainNothing } from './explain.ts'
import { hashText } from './hash.ts'
import { holdBack } from './hold-back.ts'
import { type Holding, holdingsOf, isLeaving } from './holding.ts'
import { hashInputs, isSameRequest, orderTies } from './inputs.ts'
import { divideCompletions } from './job.ts'
import { type Judged, judgeClusters } from './judge.ts'
import { modeOf } from './mode.ts'
import { joinMoves } from './move.ts'
import { suggestChange } from './relax.ts'
import type { ScheduleOptions, ScheduleRequest } from './request.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Answers `request.previous` itself when nothing is to change. Throws BadRequest for selectors that admission
 * refuses.
 */
export function schedule(request: ScheduleRequest, snapshot: Snapshot, options: ScheduleOptions): Decision {
  const next = decide(request, snapshot, options)
  return request.previous !== undefined && isSettledBy(request.previous, next) ? request.previous : next
}

/** The decision with a fresh explanation of every cluster: for `explain` and `plan`, never stored. */
export function explainAll(request: ScheduleRequest, snapshot: Snapshot, options: ScheduleOptions): Decision {
  return decide(request, snapshot, options, Number.POSITIVE_INFINITY)
}

function decide(
  request: ScheduleRequest,
  snapshot: Snapshot,
  { trigger }: ScheduleOptions,
  verdicts?: number,
): Decision {
  const isWhole = request.replicas === undefined
  const holdings = holdingsOf(request.previous, request.isGrowthReady, isWhole)
  const judged = judgeClusters(request, snapshot, holdings)
  const feasible = judged.filter(({ isFeasible }) => isFeasible)
  const ties = orderTies(request.templateUID, feasible)
  const allocation = allocateOrSay(request, judged, feasible, ties)
  const completions = completionsOf(request, allocation, holdings, ties)
  const target = { replicas: allocation.replicas, isWhole, ...(completions === undefined ? {} : { completions }) }
  const clusters = joinMoves(target, holdings, snapshot)
  const inputHash = hashInputs(request, feasible)
  return {
    forHash: hashDecision(request.previous, inputHash, clusters),
    clusters,
    ...(allocation.shortfall === undefined ? {} : { shortfall: allocation.shortfall }),
    explanation: explain({ request, judged, clusters, allocation, trigger, inputHash }, verdicts),
  }
}

function allocateOrSay(
  request: ScheduleRequest,
  judged: readonly Judged[],
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const allocation: Allocation =
    feasible.length > 0
      ? allocate(request, feasible, ties)
      : { replicas: new Map(), shortfall: explainNothing(judged, wantedReplicas(request) ?? 0) }
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
function isSettledBy(previous: Decision, next: Decision): boolean {
  return (
    isSameRequest(previous.explanation.inputHash, next.explanation.inputHash) &&
    deepEqual(previous.clusters, next.clusters) &&
    deepEqual(previous.shortfall, next.shortfall)
  )
}
