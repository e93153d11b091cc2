// Decides where each binding goes: asks the scheduler, writes decision, explanation and removals in one write.
import type { Cluster } from '@flotilla/api/cluster'
import { freezeName } from '@flotilla/api/failover'
import { fieldManager } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { DecidedCluster, Decision, Eviction, PolicyRef } from '@flotilla/api/resource-binding'
import { isPinned } from '@flotilla/api/reschedule'
import { isError } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import { createMergePatch } from '@flotilla/machinery/merge-patch'
import { keyOf } from '@flotilla/machinery/object'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result, Watch } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { isOfRequest } from '@flotilla/scheduler/inputs'
import { prepareCauses } from '@flotilla/scheduler/cause-of-loss'
import { freeRoom } from '@flotilla/scheduler/estimate'
import type { Reservation } from '@flotilla/scheduler/occupy'
import { schedule } from '@flotilla/scheduler/schedule'
import type { Snapshot } from '@flotilla/scheduler/snapshot'
import { takesRoom } from '@flotilla/scheduler/takes-room'
import { waitsForRoom } from '@flotilla/scheduler/waits-for-room'
import { scorerFailed } from '@flotilla/scheduler/cost/scores'
import type { Evict } from '../../evict.ts'
import type { WithFirstDecision } from '../../first-decision.ts'
import { isFrozen } from '../../freeze.ts'
import type { Binding, Hub } from '../../hub.ts'
import type { Readings } from '../../readings.ts'
import { isOutdated, withRegistrations } from '../../registration.ts'
import { cannotCall } from '../scorer/call-scorer.ts'
import { ExternalScores } from '../scorer/external-scores.ts'
import { grantOf } from '../preemption/consent.ts'
import { Yields } from '../preemption/yields.ts'
import { isGroup } from '../../requirements.ts'
import { withArriving } from './arriving.ts'
import { createEvictor } from './evictor.ts'
import { graceMs } from './grace.ts'
import { ClusterRows } from './cluster-rows.ts'
import { CostBooks } from './cost-books.ts'
import { requestFor } from '../request.ts'
import { isGrowthReady, SteadyGrowth } from './growth.ts'
import { allBindings, keysOfBinding, keysOfPolicy, placesDefinitions, type Policy } from './keys.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { targetOf } from './rebalance-target.ts'
import { predecessorIn } from './predecessor.ts'
import { pendingRemovals, removalsFor } from './removals.ts'
import { Reservations } from './reservations.ts'
import { Waiting } from './waiting.ts'

/** Free room changes all the time: bindings that wait for some are decided again so often, and no others. */
const lookForRoomEveryMs = 15_000

export interface SchedulerDeps {
  readonly env: Env
  readonly hub: Hub
  readonly readings: Readings
  /** Default: external scorers cannot be asked. */
  readonly scores?: ExternalScores
}

export interface SchedulerController extends Controller {
  readonly withFirstDecision: WithFirstDecision
  readonly evictor: Evict
  readonly view: SchedulerView
}

/** What the scheduler goes by now, for whoever plans with it. */
export interface SchedulerView {
  snapshot(): Snapshot
  /** Replicas that were decided and that the snapshot's free room does not show yet. */
  reservedOn(clusterId: string): readonly Reservation[]
  /** As it is asked about the binding; undefined: its policy has gone. */
  requestOf(binding: Binding): ScheduleRequest | undefined
}

/** Keys are bindings by `keyOf`. */
export function createSchedulerController({
  env,
  hub,
  readings,
  scores = new ExternalScores({ env, hub, callScorer: cannotCall }),
}: SchedulerDeps): SchedulerController {
  const rows = new ClusterRows(hub)
  const costs = new CostBooks(hub, () => env.clock.now())
  const snapshotNow = () => rows.snapshot(costs.current())
  const growth = new SteadyGrowth()
  const reservations = new Reservations({
    now: () => env.clock.monotonic(),
    readings,
    onLess: (id) => waiting.free(id),
  })
  const waiting = new Waiting((id, requirements) => {
    const cluster = snapshotNow().byId.get(id)
    return (cluster && freeRoom(cluster, requirements, reservations.on(id))) ?? 0
  })
  const neighbourhood = new Neighbourhood()
  const yields = new Yields()
  const reservedOn = (id: string) => reservations.on(id)

  async function reconcile(key: string): Promise<Result | void> {
    waiting.ask(key)
    const binding = hub.binding(key)
    if (!binding || binding.metadata.deletionTimestamp !== undefined) return growth.forget(key)
    const policy = binding.spec.policy && policyOf(hub, binding.spec.policy)
    // One that is to be followed by a binding of another unit says where its workloads are until then.
    if (!policy || isGroup(binding.spec) !== (policy.spec.schedulingUnit === 'Together')) return keepRegistered(binding)
    // The first decision of a template that was created anew goes on from what was decided for the deleted one.
    const before = binding.spec.decision ? binding : (predecessorIn(hub, binding) ?? binding)
    const waitMs = growthWaitMs(key, before)
    const stored = before.spec.decision
    const target = targetOf(binding)
    const request = { ...requestOf(key, binding, policy, before, waitMs === 0), ...(target && { target }) }
    const { previous } = request
    if (isFrozen(hub) && isKept(request)) return keepRegistered(binding)
    const decision = decideWithScores(key, request, before)
    // Whoever answers has it decided then; meanwhile others go ahead.
    if (decision === undefined) return
    const steadyMs = steadyInMs(key, before)
    if (decision !== previous && steadyMs > 0) return { requeueAfterMs: steadyMs }
    if (takesRoom(request, decision) && waiting.givesWay(binding)) return { requeueAfterMs: 0 }
    const isWaiting = waitsForRoom(request, decision, snapshotNow())
    waiting.settle(binding, isWaiting)
    const isSame = decision === previous && stored === binding.spec.decision && binding.spec.rebalance === undefined
    if (!isSame || (stored && isOutdated(stored, uidOf))) {
      const isMoved = target !== undefined && decision !== previous && decision.explanation.trigger === 'Rebalance'
      await announcing(key, binding, policy, decision, () => write(binding, decision, request, isMoved))
    } else if (waitMs !== undefined && waitMs > 0) return { requeueAfterMs: waitMs }
    if (decision.shortfall?.reason === scorerFailed) return { requeueAfterMs: scores.retryAfterMs(key) }
    return isWaiting ? { requeueAfterMs: lookForRoomEveryMs } : undefined
  }

  /**
   * Undefined while an external scorer is being asked, which is for decisions that change something, and where something
   * has no place: what is placed stays whatever it says.
   */
  function decideWithScores(key: string, request: ScheduleRequest, before: Binding): Decision | undefined {
    const decision = decide(request, before)
    const isSettled = decision === request.previous && decision.shortfall === undefined
    if (request.placement.objective?.external === undefined || isSettled) return decision
    const known = scores.scoresFor(key, request, snapshotNow())
    return known && decide({ ...request, scores: known }, before)
  }

  /** Milliseconds until what shrinks may go; undefined: nobody knows. */
  function growthWaitMs(key: string, binding: Binding): number | undefined {
    const waits = [growth.waitMs(key, binding, env.clock.monotonic()), graceMs(binding, env.clock.now())]
    const known = waits.filter((wait) => wait !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** Milliseconds until growth that has just come ready counts as held: nothing is decided otherwise before. */
  function steadyInMs(key: string, binding: Binding): number {
    return growth.waitMs(key, binding, env.clock.monotonic()) ?? 0
  }

  /** Nobody decides anew: what was decided holds for clusters as they are registered now. */
  async function keepRegistered(binding: Binding): Promise<void> {
    const { decision } = binding.spec
    if (decision && isOutdated(decision, uidOf)) await write(binding, decision)
  }

  function uidOf({ name, id }: DecidedCluster): string | undefined {
    const cluster = hub.clusters.get(name)
    const isOnHub = cluster?.spec.id === id && cluster.metadata.deletionTimestamp === undefined
    return isOnHub ? cluster.metadata.uid : undefined
  }

  function requestOf(
    key: string,
    binding: Binding,
    policy: Policy,
    before: Binding,
    isGrowthReady: boolean,
  ): ScheduleRequest {
    const neighbours = neighbourhood.of(key, binding)
    const [yielded, grant] = [yields.of(key, binding), grantOf(binding)]
    return {
      ...requestFor(binding, policy.spec.placement ?? {}, before),
      isPinned: isPinned(policy.spec.reschedule, policy.status),
      reservedOn,
      isGrowthReady,
      ...(neighbours && { neighbours }),
      ...(yielded && { yields: yielded }),
      ...(grant && { grant }),
    }
  }

  /** Before the write: others are decided while it is under way. */
  async function announcing(
    key: string,
    binding: Binding,
    policy: Policy,
    decision: Decision,
    written: () => Promise<void>,
  ): Promise<void> {
    reservations.take(key, binding, decision)
    neighbourhood.take(key, binding, policy.spec.placement?.workloadAffinity, decision)
    await written().catch((error: unknown) => {
      reservations.take(key, hub.binding(key) ?? binding)
      // What an existing binding was about to say stands until it is decided again or heard of: it may have been written.
      if (!hub.binding(key)) neighbourhood.takeBack(key, binding)
      throw error
    })
  }

  /** What goes on from another binding is left to `reconcile`, and so is what cannot be decided now or gives way. */
  const withFirstDecision: WithFirstDecision = async (binding, create) => {
    const { decision, removals, policy: ref } = binding.spec
    const policy = ref && policyOf(hub, ref)
    const goesOn = decision !== undefined || removals !== undefined || predecessorIn(hub, binding) !== undefined
    const first = policy && !goesOn ? decideFirst(binding, policy) : undefined
    if (!policy || !first) return create(binding)
    const decided = { ...binding, spec: { ...binding.spec, decision: withRegistrations(first, undefined, uidOf) } }
    await announcing(keyOf(binding.metadata), binding, policy, first, () => create(decided))
  }

  function decideFirst(binding: Binding, policy: Policy): Decision | undefined {
    const isScored = policy.spec.placement?.objective?.external !== undefined
    if (isScored || !watches.every(({ source }) => source.hasSynced)) return undefined
    const key = keyOf(binding.metadata)
    neighbourhood.take(key, binding, policy.spec.placement?.workloadAffinity, undefined)
    try {
      const request = requestOf(key, binding, policy, binding, true)
      const decision = decide(request, binding)
      if (!takesRoom(request, decision) || !waiting.givesWay(binding)) return decision
      neighbourhood.takeBack(key, binding)
    } catch (error) {
      neighbourhood.takeBack(key, binding)
      if (!isError(error)) throw error
    }
    return undefined
  }

  function decide(request: ScheduleRequest, before: Binding): Decision {
    const [snapshot, options] = [snapshotNow(), { trigger: triggerOf(before) }]
    const decision = schedule(request, snapshot, options)
    if (!request.previous || decision === request.previous) return decision
    const previous = withArriving(request.previous, decision, before.status, env.clock.now())
    if (previous === request.previous) return decision
    return schedule({ ...request, previous, isGrowthReady: false }, snapshot, options)
  }

  const evictor = createEvictor({
    prepare(key, evictions) {
      const binding = hub.binding(key)
      const policy = binding?.spec.policy && policyOf(hub, binding.spec.policy)
      if (!binding?.spec.decision || !policy || binding.metadata.deletionTimestamp !== undefined) return undefined
      if (steadyInMs(key, binding) > 0) return undefined
      const asked = { ...binding, spec: { ...binding.spec, evictions: evictions(binding.spec.evictions ?? []) } }
      const request = requestOf(key, asked, policy, asked, growthWaitMs(key, binding) === 0)
      const decision = decide(request, binding)
      const save = () =>
        announcing(key, binding, policy, decision, () => write(binding, decision, request, false, asked.spec.evictions))
      return { request, decision, snapshot: snapshotNow(), save }
    },
  })

  /** `isMoved`: as a rebalance asked. */
  async function write(
    binding: Binding,
    decided: Decision,
    request?: ScheduleRequest,
    isMoved = false,
    evictions: readonly Eviction[] | undefined = binding.spec.evictions,
  ): Promise<void> {
    const { decision: previous, removals: recorded = [], rebalance, rebalanced } = binding.spec
    const decision = withRegistrations(decided, previous, uidOf)
    const { forHash } = decision
    const now = timestamp(env.clock.now())
    // Nothing is asked anew: no cluster is left.
    const causeOf = request ? prepareCauses(request, decided, snapshotNow()) : () => 'NoLongerScheduled' as const
    const removals = [...pendingRemovals(binding, decision), ...removalsFor(binding, decision, uidOf, causeOf, now)]
    const moved = isMoved && rebalance?.moves ? { ...rebalance.moves, forHash, time: now } : rebalanced
    const change = createMergePatch(
      {
        decision: previous ?? {},
        removals: recorded,
        ...(rebalance && { rebalance }),
        ...(rebalanced && { rebalanced }),
      },
      { decision, removals, ...(moved && { rebalanced: moved }) },
    )
    const isOther = evictions !== binding.spec.evictions
    const patch = {
      metadata: { resourceVersion: binding.metadata.resourceVersion },
      spec: { ...change, ...(isOther ? { evictions } : {}) },
    }
    const resource = binding.metadata.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
    await hub.api.patch(resource, binding.metadata, { type: 'merge', patch }, { fieldManager })
  }

  /** What is placed stays whatever it costs: only what is decided from now on goes by it. */
  function takeCosts(): Iterable<string> {
    costs.forget()
    return []
  }

  function followCluster(change: Change<Cluster>): Iterable<string> {
    const isOther = rows.take(change)
    const { before, after } = change
    if (after && !deepEqual(before?.status?.nodeShapes, after.status?.nodeShapes)) waiting.free(after.spec.id)
    return isOther ? allBindings(hub) : []
  }

  /** Keys of others that may be decided otherwise now. */
  function follow({ key, before, after }: Change<Binding>): Iterable<string> {
    if (!after) {
      waiting.forget(key)
      reservations.forget(key)
      scores.forget(key)
      return [...neighbourhood.forget(key, before?.metadata.namespace), ...followYields(key, undefined)]
    }
    if (!before) waiting.meet(after)
    reservations.take(key, after)
    return [...neighbourhood.follow(key, after, rulesOf(hub, after)), ...followYields(key, after)]
  }

  /** Keys of those who give way otherwise by it. */
  function followYields(key: string, binding: Binding | undefined): readonly string[] {
    return yields.follow(key, binding).flatMap((id) => hub.bindingsOf(id).map(({ metadata }) => keyOf(metadata)))
  }

  function* followPolicy(change: Change<Policy>): Iterable<string> {
    for (const key of keysOfPolicy(hub, change)) {
      const binding = hub.binding(key)
      if (binding) yield* neighbourhood.follow(key, binding, rulesOf(hub, binding))
      yield key
    }
  }

  const watches: readonly Watch[] = [
    watch<Cluster>(hub.clusters, followCluster),
    watch<Binding>(hub.bindings, (change) => [...follow(change), ...keysOfBinding(change)]),
    watch<Binding>(hub.clusterBindings, (change) => {
      const others = follow(change)
      if (!placesDefinitions(change)) return [...others, ...keysOfBinding(change)]
      rows.refreshPlacedKinds()
      return allBindings(hub)
    }),
    watch<Policy>(hub.policies, followPolicy),
    watch<Policy>(hub.clusterPolicies, followPolicy),
    watch(waiting.calls, ({ key }) => [key]),
    watch(scores.answers, ({ key }) => [key]),
    watch(hub.scorers, () => []),
    watch(hub.settings, ({ key }) => (key.endsWith(`/${freezeName}`) ? allBindings(hub) : [])),
    watch(hub.priceSheets, takeCosts),
    watch(hub.trafficProfiles, takeCosts),
    watch(hub.carbonSheets, takeCosts),
  ]

  const view: SchedulerView = {
    snapshot: snapshotNow,
    reservedOn,
    requestOf(binding) {
      const policy = binding.spec.policy && policyOf(hub, binding.spec.policy)
      return policy && requestOf(keyOf(binding.metadata), binding, policy, binding, isGrowthReady(binding))
    },
  }
  return { name: 'scheduler', concurrency: 256, watches, reconcile, withFirstDecision, evictor, view }
}

/** The last decision answers what is asked now: another would be a move. */
function isKept(request: ScheduleRequest): boolean {
  return request.previous !== undefined && isOfRequest(request.previous.explanation.inputHash, request)
}

function rulesOf(hub: Hub, { spec: { policy } }: Binding) {
  return policy && policyOf(hub, policy)?.spec.placement?.workloadAffinity
}

function policyOf(hub: Hub, { kind, namespace, name, uid }: PolicyRef): Policy | undefined {
  const found =
    kind === 'PropagationPolicy' ? hub.policies.get(`${namespace ?? ''}/${name}`) : hub.clusterPolicies.get(name)
  return found?.metadata.uid === uid ? found : undefined
}

function triggerOf({ spec, status }: Binding): string {
  if (!spec.decision) return 'New'
  return status?.decisionHash === spec.decision.forHash ? 'InputChanged' : 'Superseded'
}
