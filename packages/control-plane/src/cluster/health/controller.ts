// Asks every member, every few seconds, who it is; keeps its lease and its conditions.
import type { Cluster, ClusterHealth, ClusterStatus } from '@flotilla/api/cluster'
import { clusterResource } from '@flotilla/api/cluster'
import { fieldManager, systemNamespace } from '@flotilla/api/group'
import { deepEqual } from '@flotilla/machinery/json'
import { isError } from '@flotilla/machinery/errors'
import type { Condition } from '@flotilla/runtime/conditions'
import { setCondition } from '@flotilla/runtime/conditions'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Connect } from '../../connect.ts'
import type { Fences } from '../../fences.ts'
import type { Hub } from '../../hub.ts'
import { hubItself, refusalOf } from '../../refused-registration.ts'
import { nextHealth } from './availability.ts'
import type { HubClaim } from './hub-lease.ts'
import type { KnownPast } from './hub-past.ts'
import { defaultHealthOptions, judgeProbe } from './judge-probe.ts'
import type { ConditionValue, HealthOptions, ProbeResult } from './judge-probe.ts'
import { ProbeSession, basisOf } from './probe-session.ts'
import { credentialsCondition, renewToken } from './renew-token.ts'

/** Live values are not worth a write each time: they are written with a condition's change or after so long. */
const refreshMs = 5 * 60_000

export interface HealthDeps {
  readonly env: Env
  readonly hub: Hub
  readonly connect: Connect
  readonly fences: Fences
  /** Who we are to members. */
  readonly claim: HubClaim
  /** Default: not kept. */
  readonly past?: KnownPast
  /** ms since 1970 of the last answer of a member on its other connection: a second witness. */
  readonly heardAt: (cluster: string) => number | undefined
  /** Milliseconds between two probes of a member. Default 5 s. */
  readonly probeEveryMs?: number
  readonly health?: HealthOptions
}

/** Keys are names of clusters. Each is probed on a connection of its own, so that a slow one delays nobody. */
export function createHealthController(deps: HealthDeps): Controller {
  const { env, hub, fences, probeEveryMs = 5_000 } = deps
  const sessions = new Map<string, ProbeSession>()
  const status = createStatusWriter({ api: hub.api, resource: clusterResource, fieldManager })

  async function reconcile(name: string): Promise<Result | void> {
    const cluster = hub.clusters.get(name)
    if (!cluster) return closeSession(name)
    const refusal = refusalOf(hub, cluster)
    if (refusal) {
      await closeSession(name)
      await writeStatus(cluster, [notReady(refusal)])
      return { requeueAfterMs: probeEveryMs }
    }
    const session = await openSession(cluster)
    if (!session) return
    const startedAt = env.clock.monotonic()
    const result = await session.probe()
    session.note(isAnswerOf(cluster, result))
    const verdict = judgeProbe({ name, id: cluster.spec.id }, session.state, result, env.clock.now(), deps.health)
    session.state = verdict.state
    const conditions = [...verdict.conditions]
    if (result.kind === 'answered' && result.id !== cluster.spec.id && session.lease.mayWrite()) {
      session.dropLease()
      fences.changed(name)
    }
    if (result.kind === 'answered' && result.id === hub.id) conditions.push(notReady(hubItself(name)))
    if (result.kind === 'answered' && result.id === cluster.spec.id) {
      conditions.push(...(await keepLease(cluster, session)))
      const token = await renewToken(env, hub.api, session.api, credentialsOf(cluster))
      conditions.push(credentialsCondition(name, token))
    }
    await writeStatus(cluster, conditions, result, healthOf(cluster, session))
    return { requeueAfterMs: Math.max(0, probeEveryMs - (env.clock.monotonic() - startedAt)) }
  }

  function healthOf({ metadata, status: told }: Cluster, { silence, state }: ProbeSession): ClusterHealth | undefined {
    const now = env.clock.now()
    const heardAt = deps.heardAt(metadata.name) ?? Number.NEGATIVE_INFINITY
    const isDisputed = heardAt > state.lastAnswer && now - heardAt < 3 * probeEveryMs
    const observation = silence.misses === 0 ? answered : { kind: 'silent' as const, silence, isDisputed }
    return nextHealth(told?.health, observation, now, deps.health ?? defaultHealthOptions)
  }

  async function openSession(cluster: Cluster): Promise<ProbeSession | undefined> {
    const { name } = cluster.metadata
    const credentials = credentialsOf(cluster)
    const open = sessions.get(name)
    if (open?.basis === basisOf(cluster, credentials)) return open
    await closeSession(name)
    try {
      const session = new ProbeSession({ ...deps, cluster, credentials, timeoutMs: probeEveryMs })
      sessions.set(name, session)
      fences.set(name, session.lease)
      return session
    } catch (error) {
      if (!isError(error, 'Invalid', 'NotFound')) throw error
      await writeStatus(cluster, [
        { type: 'Ready', status: 'False', reason: 'RegistrationInvalid', message: error.message },
      ])
      return undefined
    }
  }

  async function closeSession(name: string): Promise<void> {
    const session = sessions.get(name)
    if (!session) return
    sessions.delete(name)
    fences.delete(name)
    fences.changed(name)
    await session.close()
  }

  function credentialsOf({ spec }: Cluster) {
    return spec.secretRef && hub.credentials.get(`${systemNamespace}/${spec.secretRef.name}`)
  }

  /** The conditions that a lease which we do not hold adds. */
  async function keepLease(cluster: Cluster, session: ProbeSession): Promise<readonly ConditionValue[]> {
    const { name } = cluster.metadata
    const before = session.lease.mayWrite()
    try {
      await session.renewLease()
    } catch (error) {
      if (!isError(error)) throw error
      if (session.lease.mayWrite()) return []
      return [
        notReady({
          reason: 'LeaseNotTaken',
          message: `Cannot take the lease on cluster ${name}: ${error.message}. Nothing is written to it until that succeeds`,
        }),
      ]
    } finally {
      if (session.lease.mayWrite() !== before) fences.changed(name)
    }
    const verdict = session.leaseVerdict
    if (verdict?.kind === 'refused') return [notReady(verdict)]
    if (verdict?.kind !== 'waiting') return []
    return [
      notReady({
        reason: 'WaitingForLease',
        message: `${verdict.holder} may still be writing to cluster ${name}: waiting for its lease to end`,
      }),
    ]
  }

  async function writeStatus(
    cluster: Cluster,
    changes: readonly ConditionValue[],
    result?: ProbeResult,
    health = cluster.status?.health,
  ): Promise<void> {
    const now = env.clock.now()
    const before = cluster.status?.conditions ?? []
    const conditions = withConditions(before, changes, now)
    const next: ClusterStatus = {
      ...cluster.status,
      conditions: [...conditions],
      ...(health === undefined ? {} : { health }),
      ...live(cluster, result, conditions !== before, now),
    }
    if (!deepEqual(next, cluster.status)) await status.write(cluster, next)
  }

  return {
    name: 'cluster-health',
    concurrency: 1024,
    watches: [
      watch(hub.clusters, ({ key, before, after }) =>
        after && before && deepEqual(before.spec, after.spec) ? [] : [key],
      ),
      watch(hub.credentials, ({ key }) => [key.slice(key.indexOf('/') + 1)]),
    ],
    reconcile,
  }
}

const answered = { kind: 'answered' } as const

/** A refusal is an answer; that of another cluster at its address is none. */
function isAnswerOf({ spec }: Cluster, result: ProbeResult): boolean {
  if (result.kind === 'answered') return result.id === spec.id
  return result.error.code === 'Unauthenticated' || result.error.code === 'Forbidden'
}

function withConditions(
  before: readonly Condition[],
  changes: readonly ConditionValue[],
  now: number,
): readonly Condition[] {
  // Of two verdicts on one type the later one says more; only it may move the transition time.
  const last = new Map(changes.map((change) => [change.type, change]))
  return [...last.values()].reduce((conditions, change) => setCondition(conditions, change, now), before)
}

/** The measured values, when they are due. */
function live(
  cluster: Cluster,
  result: ProbeResult | undefined,
  isChanged: boolean,
  now: number,
): Partial<ClusterStatus> {
  if (result?.kind !== 'answered') return {}
  const written = Date.parse(cluster.status?.lastSeenTime ?? '')
  const isDue = isChanged || cluster.status?.kubernetesVersion !== result.version || !(now - written < refreshMs)
  if (!isDue) return {}
  return {
    kubernetesVersion: result.version,
    latencyMilliseconds: result.latencyMs,
    lastSeenTime: timestamp(now),
  }
}

function notReady({ reason, message }: { readonly reason: string; readonly message: string }): ConditionValue {
  return { type: 'Ready', status: 'False', reason, message }
}
