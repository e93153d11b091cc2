// Why a workload has nothing on a cluster: one replica is forced there, and the fewest rules lifted that forbid it.
import type { Decision } from '@flotilla/api/resource-binding'
import type { WhyNot } from '@flotilla/api/why-not'
import { wantedReplicas } from './allocate.ts'
import { type Case, toCase } from './case.ts'
import { estimateReplicas } from './estimate.ts'
import { isLeaving } from './holding.ts'
import { costReasons, preferenceOf } from './preference.ts'
import type { ScheduleRequest } from './request.ts'
import { filtersAgainst, isNeeded, type Rule, rulesAgainst } from './rules-against.ts'
import { schedule } from './schedule.ts'
import { compareText, type Snapshot } from './snapshot.ts'
import { runSteps } from './steps.ts'

const options = { trigger: 'WhyNot' }
const noReplicas = { rule: 'replicas', message: 'the template asks for 0 replicas; this is about its first' }

/** All steps at once. */
export function whyNot(request: ScheduleRequest, snapshot: Snapshot, clusterId: string): WhyNot {
  return runSteps(whyNotSteps(request, snapshot, clusterId))
}

/**
 * In steps of about a decision each. Throws NotFound for a cluster that is not in the snapshot, BadRequest for selectors
 * that admission refuses.
 */
export function* whyNotSteps(request: ScheduleRequest, snapshot: Snapshot, clusterId: string): Generator<void, WhyNot> {
  const decision = schedule(request, snapshot, options)
  const asked = forFirst(request)
  const given = toCase(asked, snapshot, clusterId, asked === request ? decision : schedule(asked, snapshot, options))
  const { cluster, objections } = given.it
  const total = wantedReplicas(request)
  const entry = decision.clusters.find(({ id }) => id === clusterId)
  const estimate =
    total === undefined ? undefined : estimateReplicas(cluster, request.requirements, request.reservedOn?.(clusterId))
  const known = {
    cluster: cluster.name,
    ...(total === undefined ? {} : { total, replicas: entry?.replicas ?? 0 }),
    ...(estimate === undefined ? {} : { estimate }),
  }
  if (entry !== undefined && !isLeaving(entry) && (total === 0 || entry.replicas !== 0)) {
    const reasons =
      objections.length > 0 ? [...reasonsOf(filtersAgainst(given)), ...costReasons(given)] : preferenceOf(given)
    return { ...known, verdict: 'Placed', reasons, relax: [], moves: [] }
  }
  const answer = yield* liftFewest(given, snapshot)
  return { ...known, ...answer, reasons: [...(total === 0 ? [noReplicas] : []), ...answer.reasons] }
}

/** A template of no replicas is asked about as if it had one. */
function forFirst(request: ScheduleRequest): ScheduleRequest {
  if (wantedReplicas(request) !== 0) return request
  const { completions } = request
  return { ...request, replicas: 1, ...(completions === undefined ? {} : { completions: Math.max(1, completions) }) }
}

type Answer = Pick<WhyNot, 'verdict' | 'reasons' | 'relax' | 'moves'>

function* liftFewest(given: Case, snapshot: Snapshot): Generator<void, Answer> {
  const { id } = given.it.cluster
  const forced = { ...given.request, force: { clusterId: id, waived: new Set<string>() } }
  const decideWithout = (rules: readonly Rule[]) =>
    schedule(
      rules.reduce<ScheduleRequest>((request, rule) => rule.lift(request), forced),
      snapshot,
      options,
    )
  const filters = filtersAgainst(given)
  const needed = filters.filter((rule) => isNeeded(given, rule))
  const rest = [...filters.filter((rule) => !needed.includes(rule)), ...rulesAgainst(given)]
  let lifted: readonly Rule[] | undefined
  for (const some of subsets(rest)) {
    yield
    const rules = [...needed, ...some]
    if (!replicasOf(decideWithout(rules)).get(id)) continue
    lifted = rules
    break
  }
  if (lifted?.length === 0) {
    return { verdict: 'Possible', reasons: preferenceOf(given), relax: [], moves: movesTo(decideWithout([])) }
  }
  const against = new Set([...filters, ...(lifted ?? rest)])
  return {
    verdict: 'Barred',
    reasons: [...reasonsOf([...against]), ...costReasons(given)],
    relax: (lifted ?? []).map(({ name, change }) => ({ rule: name, change })),
    moves: lifted === undefined ? [] : movesTo(decideWithout(lifted)),
  }

  function movesTo(forcedDecision: Decision): WhyNot['moves'] {
    const [before, after] = [replicasOf(given.decision), replicasOf(forcedDecision)]
    return given.judged
      .map(({ cluster }) => ({
        cluster: cluster.name,
        from: before.get(cluster.id) ?? 0,
        to: after.get(cluster.id) ?? 0,
      }))
      .filter(({ from, to }) => from !== to)
      .sort((left, right) => compareText(left.cluster, right.cluster))
  }
}

function reasonsOf(rules: readonly Rule[]): WhyNot['reasons'] {
  return rules.map(({ name, message }) => ({ rule: name, message }))
}

/** By cluster id. Objects without replicas count as one. */
function replicasOf({ clusters }: Decision): ReadonlyMap<string, number> {
  return new Map(clusters.map(({ id, replicas = 1 }) => [id, replicas]))
}

/** Of more rules not all sets are tried: there would be too many. */
const mostForAllSets = 12
const mostOfMany = 3

/** The smaller first; of equal size, those of earlier items. Of many items the small ones, and at last all of them. */
function* subsets<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  const areMany = items.length > mostForAllSets
  for (let size = 0; size <= (areMany ? mostOfMany : items.length); size += 1) yield* subsetsOf(items, size)
  if (areMany) yield items
}

function* subsetsOf<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
  if (size === 0) yield []
  else
    for (const [at, item] of items.entries())
      for (const rest of subsetsOf(items.slice(at + 1), size - 1)) yield [item, ...rest]
}
