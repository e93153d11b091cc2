// Why the division gives a cluster what it gives, where no rule forbids it more: in weights, shares, room and tiers.
import { modeOf, type SpreadConstraint } from '@flotilla/api/placement'
import type { WhyNot } from '@flotilla/api/why-not'
import { nameSome } from './allocation.ts'
import { wantedReplicas } from './allocate.ts'
import { nextCost } from './cost/objective.ts'
import { countOf } from './counts.ts'
import { isBoundByRoom } from './mode.ts'
import type { Case } from './case.ts'
import { describeDomains } from './spread/describe-domains.ts'
import { prepareWeights } from './weights.ts'

/** Nothing for objects that are not divided: each cluster that may have them has them. */
export function preferenceOf(given: Case): WhyNot['reasons'] {
  const { placement } = given.request
  const total = wantedReplicas(given.request)
  const mode = modeOf(placement.replicaScheduling)
  if (total === undefined || mode === 'Duplicated') return []
  const isByCost = mode === 'Weighted' && given.it.costs !== undefined && !isFull(given)
  return [
    ...(given.it.tier > 0 ? [tierReason(given, total)] : isByCost ? [] : [divisionReason(given, total)]),
    ...costReasons(given),
    ...(given.it.reluctance ? [{ rule: 'workloadAffinity', message: given.it.reluctance() }] : []),
    ...(placement.spreadConstraints ?? []).map((constraint) => {
      return { rule: 'spreadConstraints', message: spreadMessage(constraint, given) }
    }),
  ]
}

/** E.g. `maxSkew 1: by region eu has 5; it is in ap, which has 0`. */
function spreadMessage(constraint: SpreadConstraint, given: Case): string {
  const { spreadByField: _field, spreadByLabel: _label, ...limits } = constraint
  const named = Object.entries(limits).map(([name, limit]) => `${name} ${limit}`)
  const state = describeDomains(constraint, given)
  return named.length > 0 ? `${named.join(', ')}: ${state}` : state
}

function tierReason({ request, it, judged, decision }: Case, total: number): WhyNot['reasons'][number] {
  const tiers = request.placement.clusterAffinities ?? []
  const earlier = new Set(judged.flatMap(({ cluster, tier }) => (tier < it.tier ? [cluster.id] : [])))
  const held = decision.clusters.reduce((sum, { id, replicas = 0 }) => sum + (earlier.has(id) ? replicas : 0), 0)
  const name = `${tiers[it.tier]?.affinityName} (${it.tier + 1} of ${tiers.length})`
  return { rule: 'clusterAffinities', message: `it is in tier ${name}; those before it have ${held} of ${total}` }
}

function divisionReason(given: Case, total: number): WhyNot['reasons'][number] {
  const { placement } = given.request
  const mode = modeOf(placement.replicaScheduling)
  if (mode === 'Counts') return { rule: 'counts', message: countMessage(given, total) }
  if (isFull(given)) return { rule: 'Room', message: `it is full with ${given.it.limit}` }
  if (mode === 'Aggregated') return { rule: 'Aggregated', message: fewMessage(given, total) }
  if (isBoundByRoom(placement)) return { rule: 'dynamicWeight', message: roomMessage(given, total) }
  return { rule: 'staticWeightList', message: weightMessage(given, total) }
}

function isFull({ it: { limit, cluster }, decision }: Case): boolean {
  const held = decision.clusters.find(({ id }) => id === cluster.id)?.replicas ?? 0
  return held > 0 && held >= limit
}

/** What a replica on the cluster costs, against the dearest of those that have some; nothing without an objective. */
export function costReasons({ request: { placement }, it, judged, decision, currency }: Case): WhyNot['reasons'] {
  if (it.costs === undefined) return []
  const used = new Set(decision.clusters.flatMap(({ id, replicas = 1 }) => (replicas > 0 ? [id] : [])))
  const own = nextCost(it.costs)
  const others = judged.flatMap((each) =>
    each !== it && each.costs && used.has(each.cluster.id)
      ? [{ name: each.cluster.name, cost: nextCost(each.costs) }]
      : [],
  )
  const dearest = others.reduce<(typeof others)[number] | undefined>(
    (most, each) => (most === undefined || each.cost > most.cost ? each : most),
    undefined,
  )
  const against = dearest === undefined ? '' : `, ${compareCosts(own, dearest.cost)} on ${dearest.name}`
  const { unknown } = it.costs
  const guess = unknown.length > 0 ? `; its ${unknown.join(' and ')} is not known and counts as the worst that is` : ''
  const scorer = placement.objective?.external?.scorer
  const asked =
    scorer === undefined ? '' : `; scorer ${scorer} was not asked, what it said for the last decision counts`
  const message = `a replica there costs ${round(own)} ${currency} an hour${against}${guess}${asked}`
  return [{ rule: 'objective', message }]
}

function compareCosts(own: number, other: number): string {
  const difference = round(Math.abs(own - other))
  if (difference === 0) return 'as much as'
  return `${difference} ${own > other ? 'more' : 'less'} than`
}

/** To three digits. */
function round(cost: number): number {
  return Number(cost.toPrecision(3))
}

function countMessage({ request: { placement }, it, decision }: Case, total: number): string {
  const count = countOf(placement.replicaScheduling?.counts ?? [], it.cluster)
  const placed = decision.clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
  return `its count is ${count}; counts have placed ${placed} of ${total} replicas in their order`
}

function fewMessage({ it, decision }: Case, total: number): string {
  const filled = decision.clusters.filter(({ replicas = 0 }) => replicas > 0)
  const held = filled.map(({ name, replicas }) => `${name} ${replicas}`)
  return `as few clusters as suffice have the ${total}: ${nameSome(held)}; it may have ${most(it.limit)}`
}

function roomMessage({ judged, it }: Case, total: number): string {
  const sum = judged.reduce((all, { limit }) => all + limit, 0)
  const share = `room ${most(it.limit)} of ${most(sum)}${shareText(it.limit, sum, total)}`
  return `${share}; what is placed stays where it is`
}

function weightMessage({ request: { placement }, judged, it }: Case, total: number): string {
  const weightOf = prepareWeights(placement.replicaScheduling?.weightPreference?.staticWeightList)
  const sum = judged.reduce((all, { cluster, isFeasible }) => all + (isFeasible ? weightOf(cluster).weight : 0), 0)
  const { weight, max } = weightOf(it.cluster)
  const bound = Number.isFinite(max) ? `, at most ${max}` : ''
  return `weight ${weight} of ${sum}${shareText(weight, sum, total)}${bound}`
}

function shareText(part: number, sum: number, total: number): string {
  const share = (total * part) / sum
  return Number.isFinite(share) ? `, which is ${Number(share.toFixed(2))} of ${total} replicas` : ''
}

function most(limit: number): string {
  return Number.isFinite(limit) ? `${limit}` : 'any number'
}
