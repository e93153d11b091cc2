// What may forbid a workload a replica on a cluster, and how each rule is lifted: for `whyNot`.
import { modeOf, type Placement, type SpreadConstraint, type StaticWeight } from '@flotilla/api/placement'
import { nameSome } from './allocation.ts'
import type { Case } from './case.ts'
import { countOf } from './counts.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import { describeNeed, describeRoom } from './describe-room.ts'
import { describeDomains } from './spread/describe-domains.ts'
import { describeRule, domainKeys, type SpreadRule, spreadRules, topologyOf } from './spread/domain.ts'
import { describeCrossing } from './spread/nest.ts'
import { prepareWeights } from './weights.ts'

export interface Rule {
  /** Of a filter, or a field of the placement. */
  readonly name: string
  /** What was observed and what was required. */
  readonly message: string
  /** What people would do to lift it. */
  readonly change: string
  lift(request: ScheduleRequest): ScheduleRequest
}

export function filtersAgainst({ request, it }: Case): readonly Rule[] {
  return it.objections.map((objection) => ({
    name: objection.filter,
    message: objection.describe(),
    change: changeFor(objection.filter, it, request),
    lift: objection.filter === 'SpreadConstraint' ? withoutDomainless(it) : waive(objection.filter),
  }))
}

/** Without lifting it nothing else helps: an objection where it holds nothing, and one by which it loses what it has. */
export function isNeeded({ it }: Case, { name }: Rule): boolean {
  const isCapped = (it.holding?.replicas ?? 0) > 0
  return !isCapped || it.objections.some(({ filter, effect }) => filter === name && effect === 'Leave')
}

/** Those beside filters that may forbid it; whether they do, only deciding without them shows. */
export function rulesAgainst(given: Case): readonly Rule[] {
  const { placement, replicas } = given.request
  const mode = replicas === undefined ? 'Duplicated' : modeOf(placement.replicaScheduling)
  const isWeighted = mode === 'Weighted' && !isBoundByRoom(placement)
  return [
    ...(mode === 'Duplicated' ? tierRules(given) : []),
    ...(mode === 'Counts' ? countRules(given) : []),
    ...(isWeighted ? weightRules(given) : []),
    ...(mode !== 'Duplicated' && isBoundByRoom(placement) ? roomRules(given) : []),
    ...spreadRulesOf(given),
    ...(replicas === undefined ? [] : partialRules(given)),
  ]
}

function waive(name: string): Rule['lift'] {
  return (request) => {
    const { force } = request
    return force === undefined ? request : { ...request, force: { ...force, waived: new Set([...force.waived, name]) } }
  }
}

function edit(change: (placement: Placement) => Placement): Rule['lift'] {
  return (request) => ({ ...request, placement: change(request.placement) })
}

const changes: Readonly<Record<string, string>> = {
  Compliance: 'labels of its Cluster clear it, and its ClusterProperty where they say reported',
  TaintToleration: 'clusterTolerations tolerate its taints, or they are taken off',
  NotReady: 'it is Ready again; see flotilla doctor cluster NAME',
  Preempted: 'those of higher priority have their place, or there is room for both',
  Suspended: 'its spec.suspend is off',
  Scorer: 'the scorer that objective.external names no longer refuses it',
  Deleting: 'it is registered again',
  Eviction:
    'failover lets it back, which it does by itself once the cluster has been Healthy for 30 minutes; what a person withdrew comes back by flotilla withdraw --undo',
  WorkloadAffinity: 'one of those that it must be beside is placed there, or workloadAffinity.affinity is taken off',
  WorkloadAntiAffinity: 'those that it must not be beside leave, or workloadAffinity.antiAffinity is taken off',
}

function changeFor(filter: string, it: Judged, { apiVersion, kind, placement, requirements }: ScheduleRequest): string {
  switch (filter) {
    case 'ClusterAffinity':
      return `${placement.clusterAffinities?.length ? 'the first of clusterAffinities' : 'clusterAffinity'} selects it`
    case 'ApiSupport':
      return `it serves ${kind} of ${apiVersion}`
    case 'Room':
      return `it has room for 1 replica (${describeNeed(requirements)})`
    case 'SpreadConstraint':
      return `without spreadConstraints by ${domainlessOf(placement, it).map(topologyOf).join(', by ')}`
  }
  return (changes[filter] ?? `without ${filter}`).replace('NAME', it.cluster.name)
}

function withoutDomainless({ cluster }: Judged): Rule['lift'] {
  return withoutSpread((constraint) => domainKeys(constraint, cluster).length === 0)
}

/** Constraints of which the cluster is in no domain. */
function domainlessOf({ spreadConstraints = [] }: Placement, { cluster }: Judged): readonly SpreadConstraint[] {
  return spreadConstraints.filter((constraint) => domainKeys(constraint, cluster).length === 0)
}

function tierRules({ request, judged, it }: Case): readonly Rule[] {
  const tiers = request.placement.clusterAffinities ?? []
  if (tiers.length === 0) return []
  const nameOf = (tier: number) => `${tiers[tier]?.affinityName} (${tier + 1} of ${tiers.length})`
  const first = Math.min(...judged.filter(({ isFeasible }) => isFeasible).map(({ tier }) => tier))
  return [
    {
      name: 'clusterAffinities',
      message: `it is in tier ${nameOf(it.tier)}; tier ${nameOf(first)} has clusters to use`,
      change: changeFor('ClusterAffinity', it, request),
      lift: waive('clusterAffinities'),
    },
  ]
}

function countRules({ request: { placement }, it: { cluster } }: Case): readonly Rule[] {
  const counts = placement.replicaScheduling?.counts ?? []
  if (countOf(counts, cluster) > 0) return []
  const entry = { targetCluster: { clusterNames: [cluster.name] }, replicas: 1 }
  return [
    {
      name: 'counts',
      message: `its count is 0: no entry of counts gives ${cluster.name} any`,
      change: `counts give ${cluster.name} 1`,
      lift: edit((changed) => ({
        ...changed,
        replicaScheduling: { ...changed.replicaScheduling, counts: [entry, ...counts] },
      })),
    },
  ]
}

function weightRules({ request: { placement }, judged, it: { cluster } }: Case): readonly Rule[] {
  const list = placement.replicaScheduling?.weightPreference?.staticWeightList
  if (list === undefined) return []
  const weightOf = prepareWeights(list)
  const { weight, max } = weightOf(cluster)
  const sum = judged.reduce((all, one) => all + (one.isFeasible ? weightOf(one.cluster).weight : 0), 0)
  const minima = list.filter(({ minReplicas = 0 }) => minReplicas > 0)
  const entry = { targetCluster: { clusterNames: [cluster.name] }, weight: Math.max(1, weight) }
  const own: Rule = {
    name: 'staticWeightList',
    message: max === 0 ? 'its maxReplicas is 0' : `its weight is 0 of ${sum}`,
    change: max === 0 ? 'its maxReplicas is 1' : 'its weight is 1',
    lift: editWeights((weights) => [entry, ...weights]),
  }
  const others: Rule = {
    name: 'minReplicas',
    message: `minReplicas of others come first: ${nameSome(minima.map(({ minReplicas }) => `${minReplicas}`))}`,
    change: 'without minReplicas',
    lift: editWeights((weights) => weights.map(({ minReplicas: _, ...rest }) => rest)),
  }
  return [...(weight === 0 || max === 0 ? [own] : []), ...(minima.length > 0 ? [others] : [])]
}

function editWeights(change: (list: readonly StaticWeight[]) => readonly StaticWeight[]): Rule['lift'] {
  return edit((placement) => {
    const { replicaScheduling } = placement
    const staticWeightList = change(replicaScheduling?.weightPreference?.staticWeightList ?? [])
    return { ...placement, replicaScheduling: { ...replicaScheduling, weightPreference: { staticWeightList } } }
  })
}

function roomRules({ request, it }: Case): readonly Rule[] {
  if (it.objections.some(({ filter }) => filter === 'Room')) return []
  const message = describeRoom(it.cluster, request)
  return [{ name: 'Room', message, change: changeFor('Room', it, request), lift: waive('Room') }]
}

function spreadRulesOf(given: Case): readonly Rule[] {
  const { spreadConstraints: constraints = [] } = given.request.placement
  return [
    ...crossingRules(given, constraints),
    ...constraints.flatMap((constraint) => {
      const state = describeDomains(constraint, given)
      return spreadRules
        .filter((name) => constraint[name] !== undefined)
        .map((name) => ({
          name,
          message: `${name} ${constraint[name]}: ${state}`,
          change: `without ${describeRule(constraint, name)}`,
          lift: withoutLimit(topologyOf(constraint), name),
        }))
    }),
  ]
}

/** Constraints that cross keep everything where it is, unless one of them goes. */
function crossingRules({ judged }: Case, constraints: readonly SpreadConstraint[]): readonly Rule[] {
  const message = describeCrossing(
    constraints,
    judged.filter(({ isFeasible }) => isFeasible).map(({ cluster }) => cluster),
  )
  if (message === undefined) return []
  return constraints.map((constraint) => ({
    name: 'spreadConstraints',
    message,
    change: `without spreadConstraints by ${topologyOf(constraint)}`,
    lift: withoutSpread((one) => topologyOf(one) === topologyOf(constraint)),
  }))
}

function withoutSpread(isLifted: (constraint: SpreadConstraint) => boolean): Rule['lift'] {
  return edit(({ spreadConstraints = [], ...rest }) => ({
    ...rest,
    spreadConstraints: spreadConstraints.filter((constraint) => !isLifted(constraint)),
  }))
}

function withoutLimit(topology: string, name: SpreadRule): Rule['lift'] {
  return edit((placement) => ({
    ...placement,
    spreadConstraints: (placement.spreadConstraints ?? []).map((constraint) => {
      const { [name]: _, ...rest } = constraint
      return topologyOf(constraint) === topology ? rest : constraint
    }),
  }))
}

function partialRules({ request: { placement }, decision }: Case): readonly Rule[] {
  if (placement.partialPlacement !== 'Deny') return []
  const otherwise = 'partialPlacement is Deny, and not every replica would have a place'
  return [
    {
      name: 'partialPlacement',
      message: decision.shortfall?.message ?? otherwise,
      change: 'partialPlacement is Allow',
      lift: edit(({ partialPlacement: _, ...rest }) => rest),
    },
  ]
}
