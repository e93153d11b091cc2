// Failover moves only what is lost, at its pace, never by doubtful evidence: every eviction is compared with what processes
// really heard of members. Where the hub itself is hard to reach a process may not know yet: then nothing is judged.
import { quarantineTaint } from '@flotilla/api/failover'
import { failoverTimes } from '../controllers-process.ts'
import type { BindingSpec, ModelBinding, ModelCluster, ModelEviction } from '../fleet-model.ts'
import type { Check, Watched } from './check.ts'
import { Hearing } from './hearing.ts'

const { notReadyAfterMs, steadyMs } = failoverTimes
const hourMs = 3_600_000
/** Rounding, the way of an answer, and the time between two looks, ms. */
const slackMs = 3_000
/** An informer that lost its watch acts by what it saw last, until it notices, ms. */
const staleMs = 90_000
/** So early a loss shows for certain, and so near to each other two are certainly together, ms. */
const [certainMs, togetherMs] = [20_000, 45_000]
/** One look of failover moves what a second allows; it looks once a second. */
const paceWindowMs = 900

export function checkFailover(watched: Watched): Check {
  const { model, members, now, violate } = watched
  const hearing = new Hearing(now)
  /** By registration of a cluster: when it was lost. */
  const losses = new Map<string, number[]>()
  const lossesOf = ({ uid }: ModelCluster) => (losses.get(uid) ?? []).filter((at) => now() - at < hourMs)
  /** By cluster: when evictions began. */
  const begun = new Map<string, number[]>()
  /** Of all that ever were: `app, cluster id, since`. */
  const evictions = new Set<string>()
  const states = new Map<string, string | undefined>()
  /** By registration: when somebody took the quarantine off. */
  const pardoned = new Map<string, number>()
  let isSkewed = false

  /** Silence in a row that failover has to wait for. */
  function neededMs(cluster: ModelCluster): number {
    const flaps = lossesOf(cluster).length
    return notReadyAfterMs + (flaps <= 1 ? 0 : Math.min(30_000 * 2 ** (flaps - 1), hourMs)) - slackMs
  }

  function followCluster({ uid, name, state, taints }: ModelCluster): void {
    const before = states.get(uid)
    states.set(uid, state)
    if (isLost(state) && !isLost(before)) losses.set(uid, [...(losses.get(uid) ?? []), now()])
    const isTainted = taints.includes(quarantineTaint.key)
    if (before === 'Recovering' && state === 'Healthy' && !isTainted) judgeQuarantine(name)
  }

  function judgeQuarantine(name: string): void {
    const cluster = model.clusters.get(name)
    if (cluster === undefined || isSkewed || !watched.isSteady(staleMs)) return
    const own = lossesOf(cluster)
    const isShared = [...losses].some(
      ([uid, all]) => uid !== cluster.uid && all.some((at) => own.some((mine) => Math.abs(at - mine) < 65_000)),
    )
    const isPardoned = (pardoned.get(cluster.uid) ?? 0) > (own[2] ?? 0)
    if (own.length >= 3 && !isShared && !isPardoned)
      violate('quarantine', `${name} was lost ${own.length} times within an hour and gets work again`)
  }

  function judgeEviction(binding: ModelBinding, eviction: ModelEviction): void {
    const cluster = model.clusters.get(eviction.cluster)
    if (cluster === undefined || cluster.id !== eviction.id) return
    judgePace(eviction.cluster)
    if (model.frozenSince !== undefined && now() - model.frozenSince > 15_000 && watched.isSteady(staleMs))
      violate('frozen', `${binding.app} moves away from ${cluster.name} while all moves are frozen`)
    if (eviction.reason !== 'ClusterFailed') return
    if (model.isSingleton(binding.app))
      violate('singleton', `${binding.app} must not run twice and is moved away from ${cluster.name}, which may run it`)
    if (isSkewed) return
    judgeSilence(binding, cluster)
    judgeDoubt(binding, cluster)
  }

  function judgeSilence({ app }: ModelBinding, cluster: ModelCluster): void {
    if (hearing.wasSilent(cluster.name, neededMs(cluster), staleMs)) return
    const seconds = Math.round(hearing.silentMs(cluster.name) / 1_000)
    const needed = Math.ceil(neededMs(cluster) / 1_000)
    violate('failover', `${app} leaves ${cluster.name}, silent for ${seconds} s where ${needed} are needed`)
  }

  /** What falls silent together with half of the fleet may be the hub's own silence. */
  function judgeDoubt({ app }: ModelBinding, cluster: ModelCluster): void {
    if (!watched.isSteady(staleMs)) return
    const silent = [...model.clusters.values()].filter(
      ({ name }) =>
        hearing.silentMs(name) >= certainMs &&
        Math.abs(hearing.silentMs(name) - hearing.silentMs(cluster.name)) <= togetherMs,
    )
    if (silent.some(({ name }) => hearing.hasWokenSince(name))) return
    if (silent.length >= 3 && silent.length >= model.clusters.size / 2)
      violate('failover', `${app} leaves ${cluster.name}, which fell silent with ${silent.length - 1} others`)
  }

  function judgePace(name: string): void {
    const lost = [...model.clusters.values()].filter(({ state }) => isLost(state))
    const isMany = lost.length >= 3 && lost.length >= model.clusters.size / 4
    const all = [...(begun.get(name) ?? []), now()].filter((at) => now() - at < paceWindowMs)
    begun.set(name, all)
    // Of what has just been lost nobody may know.
    const isKnown =
      lost.every((cluster) => now() - (lossesOf(cluster).at(-1) ?? 0) > 5_000) && watched.isSteady(staleMs)
    const perSecond = isMany && isKnown ? 1 : 10
    const most = perSecond * Math.max(1, watched.processes.size)
    if (all.length > most) violate('I6', `${all.length} evictions from ${name} within a second, where ${most} may be`)
  }

  function judgeReturn(binding: ModelBinding, eviction: ModelEviction, wasThere: boolean): void {
    const cluster = model.clusters.get(eviction.cluster)
    if (cluster === undefined || cluster.id !== eviction.id || eviction.reason !== 'ClusterFailed') return
    if (wasThere || isSkewed || cluster.uid !== eviction.clusterUID) return
    const wellMs = hearing.wellMs(cluster.name)
    if (wellMs < steadyMs - slackMs)
      violate('failover', `${binding.app} returns to ${cluster.name}, which has been well for ${wellMs / 1_000} s`)
  }

  function followBinding(key: string, before: BindingSpec | undefined): void {
    const binding = model.bindings.get(key)
    if (binding === undefined || binding.isDeleted) return
    const { evictions: next = [] } = binding.spec
    for (const each of next) {
      const place = `${binding.app} ${each.id} ${each.since}`
      // What takes the place of a binding says the same.
      if (!evictions.has(place)) judgeEviction(binding, each)
      evictions.add(place)
    }
    for (const each of before?.evictions ?? []) {
      if (next.some(({ id }) => id === each.id)) continue
      judgeReturn(binding, each, before?.decision?.clusters.some(({ id }) => id === each.id) === true)
    }
  }

  return {
    onAnswered: (call) =>
      hearing.onAnswered(call, members.get(call.server)?.id === model.clusters.get(call.server)?.id),
    onSent: (call) => hearing.onSent(call),
    onWake: (process) => hearing.onWake(process),
    onDeaf: (process) => hearing.onDeaf(process),
    onSkew: () => void (isSkewed = true),
    onHubEvent({ key, type, object, before }) {
      if (key.startsWith('clusters.') && type !== 'DELETED') {
        const cluster = model.clusters.get(object.metadata.name)
        const taints = (before?.object['spec'] as { taints?: readonly { key: string }[] } | undefined)?.taints ?? []
        if (
          cluster &&
          taints.some((one) => one.key === quarantineTaint.key) &&
          !cluster.taints.includes(quarantineTaint.key)
        )
          pardoned.set(cluster.uid, now())
        if (cluster) followCluster(cluster)
      }
      if (key.startsWith('resourcebindings.')) followBinding(key, before?.object['spec'] as BindingSpec | undefined)
    },
  }
}

function isLost(state: string | undefined): boolean {
  return state === 'Unreachable' || state === 'Failed'
}
