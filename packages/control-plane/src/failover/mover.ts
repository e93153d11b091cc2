// Moves workloads away from one cluster after another: at a pace, most important first, only what has room elsewhere.
import type { Cluster } from '@flotilla/api/cluster'
import { orderAnnotation } from '@flotilla/api/failover'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import type { Taint } from '@flotilla/api/selector'
import { isError } from '@flotilla/machinery/errors'
import { keyOf } from '@flotilla/machinery/object'
import type { Counter } from '@flotilla/runtime/metrics'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Env } from '@flotilla/runtime/env'
import type { Evict } from '../evict.ts'
import type { Binding, Hub } from '../hub.ts'
import type { FleetVerdict } from './guard.ts'
import { type Pace, refill } from './pace.ts'
import type { Held } from './report.ts'
import { workloadOf } from '../workload-name.ts'
import { inTurn, type Sights } from './sights.ts'
import type { UnhealthySince } from './unhealthy-since.ts'
import { evictionFor, type Wish, wishOf } from './wish.ts'

export interface MoverDeps {
  readonly env: Env
  readonly hub: Hub
  readonly evictor: Evict
  readonly unhealthy: UnhealthySince
}

export interface MovedAway {
  /** What stays although it should leave. */
  readonly held: readonly Held[]
  /** How many the pace has not reached. */
  readonly waiting: number
}

interface Leaving {
  readonly binding: Binding
  readonly policy: PropagationSpec
  readonly wish: Extract<Wish, { kind: 'leave' }>
}

/** What had no room is asked again after so long. */
const retryMs = 15_000
/** Workloads that failover may have on their way to one cluster. */
const mostArriving = 50

const evictionsMetric = {
  name: 'flotilla_failover_evictions_total',
  help: 'Workloads that failover has moved away from a cluster.',
  labels: ['cluster', 'reason'],
}

export class Mover {
  readonly #deps: MoverDeps
  readonly #evictions: Counter
  /** By name of cluster. */
  readonly #paces = new Map<string, Pace>()
  /** By cluster id and binding: monotonic ms until which it is not asked again. */
  readonly #refused = new Map<string, { readonly held: Held; readonly until: number }>()
  /** By cluster id and taint, ms since 1970. */
  readonly #taintsSeen = new Map<string, number>()

  constructor(deps: MoverDeps) {
    this.#deps = deps
    this.#evictions = deps.env.metrics.counter(evictionsMetric)
  }

  /** `perSecond`: workloads that may begin to move. Throws what the hub answers, but for conflicts. */
  async moveAway(
    cluster: Cluster,
    verdict: FleetVerdict | undefined,
    perSecond: number,
    { placed, arriving }: Sights,
  ): Promise<MovedAway> {
    const { name } = cluster.metadata
    const { leaving, held } = this.#wishes(cluster, verdict, placed.get(cluster.spec.id) ?? [])
    const pace = refill(this.#paces.get(name), perSecond, this.#deps.env.clock.monotonic())
    let { left } = pace
    let waiting = 0
    for (const each of leaving) {
      const outcome =
        left < 1 ? 'waits' : await this.#tryMove(each, cluster, arriving).catch((error) => toHeld(each, error))
      if (outcome === 'moves') left -= 1
      else if (outcome === 'waits') waiting += 1
      else held.push(outcome)
    }
    this.#paces.set(name, { ...pace, left })
    return { held, waiting }
  }

  #wishes(cluster: Cluster, verdict: FleetVerdict | undefined, placed: readonly Binding[]) {
    const leaving: Leaving[] = []
    const held: Held[] = []
    const isConcerned =
      verdict !== undefined || (cluster.spec.taints ?? []).some(({ effect }) => effect === 'NoExecute')
    for (const binding of inTurn(isConcerned ? placed : placed.filter((each) => this.#isUnhealthy(each)))) {
      const policy = policyOf(this.#deps.hub, binding)
      const wish = policy && this.#wishOf(binding, policy, cluster, verdict)
      if (wish?.kind === 'leave') leaving.push({ binding, policy: policy as PropagationSpec, wish })
      else if (wish) held.push({ workload: workloadOf(binding), reason: wish.reason, message: wish.message })
    }
    return { leaving, held }
  }

  #isUnhealthy({ metadata }: Binding): boolean {
    return this.#deps.unhealthy.of(keyOf(metadata)) !== undefined
  }

  #wishOf(
    binding: Binding,
    policy: PropagationSpec,
    cluster: Cluster,
    verdict: FleetVerdict | undefined,
  ): Wish | undefined {
    const { env, hub, unhealthy } = this.#deps
    return wishOf({
      binding,
      policy,
      cluster,
      verdict,
      isOrdered: isOrdered(cluster),
      template: (id) => hub.templates.byId(id),
      seenAt: (taint) => this.#seenAt(cluster, taint),
      unhealthySince: unhealthy.of(keyOf(binding.metadata))?.get(cluster.spec.id),
      now: env.clock.now(),
    })
  }

  #seenAt({ spec }: Cluster, { key, value = '' }: Taint): number {
    const taint = `${spec.id} ${key}=${value}`
    const at = this.#taintsSeen.get(taint) ?? this.#deps.env.clock.now()
    this.#taintsSeen.set(taint, at)
    return at
  }

  async #tryMove(
    { binding, policy, wish }: Leaving,
    cluster: Cluster,
    arriving: Map<string, number>,
  ): Promise<'moves' | 'waits' | Held> {
    const { env, evictor } = this.#deps
    const key = keyOf(binding.metadata)
    const place = `${cluster.spec.id} ${key}`
    const before = this.#refused.get(place)
    if (before && env.clock.monotonic() < before.until) return before.held
    this.#refused.delete(place)
    const eviction = evictionFor(cluster, policy, wish, timestamp(env.clock.now()))
    const foreseen = evictor.foresee(key, eviction)
    if (foreseen?.kind === 'moves') {
      if (foreseen.growth.some(({ id }) => (arriving.get(id) ?? 0) >= mostArriving)) return 'waits'
      if (!(await this.#evict(key, eviction))) return 'waits'
      for (const { id } of foreseen.growth) arriving.set(id, (arriving.get(id) ?? 0) + 1)
      this.#evictions.add(1, { cluster: cluster.metadata.name, reason: wish.reason })
      return 'moves'
    }
    if (!foreseen) return 'waits'
    const held = { workload: workloadOf(binding), reason: foreseen.reason, message: foreseen.message }
    this.#refused.set(place, { held, until: env.clock.monotonic() + retryMs })
    return held
  }

  /** False: it has changed meanwhile and is looked at again. */
  async #evict(key: string, eviction: Parameters<Evict['evict']>[1]): Promise<boolean> {
    try {
      return (await this.#deps.evictor.evict(key, eviction))?.kind === 'moves'
    } catch (error) {
      if (isError(error, 'Conflict', 'NotFound')) return false
      throw error
    }
  }
}

/** One that cannot be moved keeps no other from it. */
function toHeld({ binding }: Leaving, error: unknown): Held {
  if (!isError(error)) throw error
  return { workload: workloadOf(binding), reason: error.code, message: error.message }
}

/** A person has ordered that everything leaves the cluster. */
export function isOrdered({ metadata }: Cluster): boolean {
  return metadata.annotations?.[orderAnnotation] !== undefined
}

export function policyOf(
  { policies, clusterPolicies }: Hub,
  { spec: { policy } }: Binding,
): PropagationSpec | undefined {
  if (policy === undefined) return undefined
  const found =
    policy.namespace === undefined
      ? clusterPolicies.get(policy.name)
      : policies.get(`${policy.namespace}/${policy.name}`)
  return found?.metadata.uid === policy.uid ? found.spec : undefined
}
