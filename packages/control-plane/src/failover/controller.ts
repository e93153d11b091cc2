// Failover: moves workloads away from clusters that are lost, under all guards, and lets them back when those are well.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { freezeName } from '@flotilla/api/failover'
import { fieldManager } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import { setCondition } from '@flotilla/runtime/conditions'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Evict } from '../evict.ts'
import { isFrozen } from '../freeze.ts'
import type { Binding, Hub } from '../hub.ts'
import { refusalOf } from '../refused-registration.ts'
import { judgeFleet, type Member, rateOf } from './guard.ts'
import { isOrdered, type MovedAway, Mover, policyOf } from './mover.ts'
import { defaultFailoverOptions, type FailoverOptions } from './options.ts'
import { needsQuarantine, withQuarantine } from './quarantine.ts'
import { failoverCondition } from './report.ts'
import { letBack } from './returner.ts'
import { lookAt, type Sights } from './sights.ts'
import { UnhealthySince } from './unhealthy-since.ts'

export interface FailoverDeps {
  readonly env: Env
  readonly hub: Hub
  readonly evictor: Evict
  readonly failover?: FailoverOptions
}

/** There is one: guards, rates and budgets are of the fleet. */
const fleet = 'fleet'
const busyEveryMs = 1_000
const calmEveryMs = 15_000

const nothing: MovedAway = { held: [], waiting: 0 }

export function createFailoverController(deps: FailoverDeps): Controller {
  const { env, hub, failover: { settleMs, steadyMs } = defaultFailoverOptions } = deps
  const status = createStatusWriter({ api: hub.api, resource: clusterResource, fieldManager })
  const startedAt = env.clock.monotonic()
  const unhealthy = new UnhealthySince()
  const mover = new Mover({ ...deps, unhealthy })

  async function reconcile(): Promise<Result> {
    const clusters = [...hub.clusters.list()].filter((cluster) => isInUse(hub, cluster))
    const bindings = [...hub.bindings.list(), ...hub.clusterBindings.list()].filter(isLive)
    const members = clusters.map(memberOf)
    const verdicts = judgeFleet(members, isFrozen(hub))
    const sights = lookAt(bindings)
    const watched = bindings.filter((binding) => policyOf(hub, binding)?.failover?.application !== undefined)
    unhealthy.observe(watched, env.clock.now())
    for (const cluster of clusters) {
      await quarantine(cluster, clusters)
      const verdict = verdicts.get(cluster.metadata.name)
      const mayMove = hasSettled(cluster) && !isFrozen(hub) && verdict?.kind !== 'hold'
      const perSecond = verdict?.kind === 'move' ? verdict.perSecond : rateOf(members)
      const moved = mayMove ? await mover.moveAway(cluster, verdict, perSecond, sights) : nothing
      await report(cluster, failoverCondition({ ...progressOf(cluster, sights), ...moved, verdict }))
    }
    const isReturning = await letBack({ ...deps, steadyMs }, sights, isFrozen(hub))
    return { requeueAfterMs: verdicts.size > 0 || isReturning ? busyEveryMs : calmEveryMs }
  }

  function hasSettled(cluster: Cluster): boolean {
    return isOrdered(cluster) || env.clock.monotonic() - startedAt >= settleMs
  }

  async function quarantine(cluster: Cluster, clusters: readonly Cluster[]): Promise<void> {
    const now = env.clock.now()
    if (!needsQuarantine(cluster, clusters, now)) return
    const taints = withQuarantine(cluster.spec.taints, timestamp(now))
    const patch = { metadata: { resourceVersion: cluster.metadata.resourceVersion }, spec: { taints } }
    await unlessChanged(() =>
      hub.api.patch(clusterResource, cluster.metadata, { type: 'merge', patch }, { fieldManager }),
    )
  }

  async function report(cluster: Cluster, next: ReturnType<typeof failoverCondition>): Promise<void> {
    const before = cluster.status?.conditions ?? []
    const conditions = next
      ? setCondition(before, next, env.clock.now())
      : before.filter(({ type }) => type !== 'Failover')
    if (deepEqual(before, conditions)) return
    await unlessChanged(() => status.write(cluster, { ...cluster.status, conditions: [...conditions] }))
  }

  return {
    name: 'failover',
    watches: [
      watch<Cluster>(hub.clusters, (change) => (isDecisive(change) ? [fleet] : [])),
      watch(hub.settings, ({ key }) => (key.endsWith(`/${freezeName}`) ? [fleet] : [])),
      ...[hub.bindings, hub.clusterBindings, hub.policies, hub.clusterPolicies].map((source) =>
        watch<unknown>(source, () => []),
      ),
    ],
    reconcile,
  }
}

function isInUse(hub: Hub, cluster: Cluster): boolean {
  return cluster.metadata.deletionTimestamp === undefined && refusalOf(hub, cluster) === undefined
}

function isLive({ metadata }: Binding): boolean {
  return metadata.deletionTimestamp === undefined
}

function memberOf(cluster: Cluster): Member {
  const { metadata, spec, status } = cluster
  return {
    name: metadata.name,
    provider: spec.provider ?? '',
    region: spec.region ?? '',
    health: status?.health,
    isOrdered: isOrdered(cluster),
    isSuspended: spec.suspend === true,
  }
}

function progressOf({ metadata, spec }: Cluster, { evicted }: Sights) {
  const all = (evicted.get(spec.id) ?? []).filter(({ eviction }) => eviction.reason !== 'Withdrawn')
  const isMoving = ({ spec: { decision } }: Binding) => decision?.clusters.some(({ id }) => id === spec.id) === true
  const moving = all.filter(({ binding }) => isMoving(binding)).length
  return { cluster: metadata.name, moving, moved: all.length - moving }
}

function isDecisive({ before, after }: Change<Cluster>): boolean {
  return !before || !after || !deepEqual(decisive(before), decisive(after))
}

function decisive({ metadata, spec, status }: Cluster): unknown {
  return [metadata.uid, metadata.annotations, metadata.deletionTimestamp, spec, status?.health]
}

/** What has changed meanwhile is looked at again. */
async function unlessChanged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!isError(error, 'Conflict', 'NotFound')) throw error
  }
}
