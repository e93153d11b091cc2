// StatefulSets: pods with ordinal names, made and renewed in order.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Cached } from '../cached.ts'
import type { Pod, PodSpec, StatefulSet } from '../kinds.ts'
import { byOwner, toOwnerKeys, toOwnKey } from '../owner.ts'
import { isFinished, isReady, podFrom, tallyPods, untilAvailableMs } from '../pod.ts'
import { hashName } from '../random-name.ts'
import { persistentVolumeClaims } from '../resources.ts'
import { nonZero } from './non-zero.ts'
import { requeueFor } from './requeue.ts'

export interface StatefulSetDeps {
  readonly env: Env
  readonly api: KubeApi
  readonly pods: Cached<Pod>
  readonly statefulSets: Cached<StatefulSet>
}

const hashLabel = 'controller-revision-hash'
/** A pod is made only once the claim that it is to have is no longer on its way out. */
const claimPatienceMs = 1000

export function createStatefulSetController({ env, api, pods, statefulSets }: StatefulSetDeps): Controller {
  async function reconcile(key: string): Promise<Result | void> {
    const set = statefulSets.rows.get(key)
    if (set === undefined) return
    const update = `${set.metadata.name}-${hashName(set.spec.template)}`
    if (set.metadata.deletionTimestamp === undefined) await step(set, update)
    return report(set, update)
  }

  /** The next thing to do; in order, only one pod at a time is on its way. */
  async function step(set: StatefulSet, update: string): Promise<void> {
    const own = byOrdinal(set, ownPods(set))
    const ordinals = ordinalsOf(set)
    const inOrder = set.spec.podManagementPolicy !== 'Parallel'
    for (const ordinal of ordinals) {
      const pod = own.get(ordinal)
      if (pod === undefined) await create(set, ordinal, update)
      else if (isFinished(pod)) await pods.delete(pod)
      if (inOrder && !isAvailable(set, pod)) return
    }
    const surplus = [...own].filter(([ordinal]) => !ordinals.includes(ordinal)).toSorted(([a], [b]) => b - a)
    for (const [, pod] of surplus) {
      await pods.delete(pod)
      if (inOrder) return
    }
    await renew(set, own, update)
  }

  /** The highest ordinal first, each only when those above are available again. */
  async function renew(set: StatefulSet, own: ReadonlyMap<number, Pod>, update: string): Promise<void> {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0
    for (const ordinal of ordinalsOf(set).toReversed()) {
      const pod = own.get(ordinal)
      if (pod === undefined || ordinal < partition) return
      if (pod.metadata.labels?.[hashLabel] !== update) {
        if (pod.metadata.deletionTimestamp === undefined) await pods.delete(pod)
        return
      }
      if (!isAvailable(set, pod)) return
    }
  }

  async function create(set: StatefulSet, ordinal: number, update: string): Promise<void> {
    for (const template of set.spec.volumeClaimTemplates ?? []) await createClaim(set, template, ordinal)
    const name = `${set.metadata.name}-${ordinal}`
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0
    const revision = ordinal < partition ? (set.status?.currentRevision ?? update) : update
    const labels = {
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
      [hashLabel]: revision,
    }
    const pod = podFrom(set, set.spec.template, { name, labels, hostname: name })
    await pods.create({ ...pod, spec: withClaims(pod.spec, set, ordinal) })
  }

  async function createClaim(set: StatefulSet, template: KubeObject, ordinal: number): Promise<void> {
    const { namespace } = set.metadata
    const name = claimName(set, template, ordinal)
    const metadata = { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) }
    try {
      const { status: _, ...claim } = template as KubeObject & { readonly status?: unknown }
      await api.create(persistentVolumeClaims, { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata })
    } catch (error) {
      // Claims outlive their pods: that is what they are for.
      if (!isError(error, 'AlreadyExists')) throw error
      const { deletionTimestamp } = (await api.get(persistentVolumeClaims, metadata)).metadata
      if (deletionTimestamp !== undefined) throw new Waiting(`claim ${name} is being deleted`, claimPatienceMs)
    }
  }

  async function report(set: StatefulSet, update: string): Promise<Result> {
    const tally = tallyPods(ownPods(set), set.spec.minReadySeconds ?? 0, env.clock.now())
    const updated = tally.active.filter(({ metadata }) => metadata.labels?.[hashLabel] === update)
    const current = set.status?.currentRevision ?? update
    const replicas = set.spec.replicas ?? 1
    const isDone = updated.length === replicas && tally.active.length === replicas && updated.every(isReady)
    const onCurrent = tally.active.filter(({ metadata }) => metadata.labels?.[hashLabel] === current).length
    await statefulSets.writeStatus(set, {
      observedGeneration: set.metadata.generation ?? 0,
      replicas: tally.active.length,
      ...nonZero({
        readyReplicas: tally.ready,
        currentReplicas: isDone ? updated.length : onCurrent,
        updatedReplicas: updated.length,
      }),
      availableReplicas: tally.available,
      currentRevision: isDone ? update : current,
      updateRevision: update,
      collisionCount: 0,
    })
    return requeueFor(tally)
  }

  function isAvailable(set: StatefulSet, pod: Pod | undefined): boolean {
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return false
    return untilAvailableMs(pod, set.spec.minReadySeconds ?? 0, env.clock.now()) === 0
  }

  function ownPods(set: StatefulSet): readonly Pod[] {
    return pods.rows.byIndex(byOwner, set.metadata.uid ?? '')
  }

  return {
    name: 'stateful-set',
    concurrency: 4,
    watches: [watch(statefulSets.rows, toOwnKey), watch(pods.rows, toOwnerKeys('StatefulSet'))],
    reconcile,
  }
}

function claimName({ metadata }: StatefulSet, template: KubeObject, ordinal: number): string {
  return `${template.metadata.name}-${metadata.name}-${ordinal}`
}

/** Volumes of the claims that are made for the pod, in place of those of the same name. */
function withClaims(spec: PodSpec, set: StatefulSet, ordinal: number): PodSpec {
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }))
  if (claims.length === 0) return spec
  const others = (spec.volumes ?? []).filter((volume) => !claims.some(({ name }) => name === volume.name))
  return { ...spec, volumes: [...others, ...claims] }
}

function ordinalsOf({ spec }: StatefulSet): readonly number[] {
  const start = spec.ordinals?.start ?? 0
  return Array.from({ length: spec.replicas ?? 1 }, (_, i) => start + i)
}

/** Terminating pods included: their name is taken until they are gone. */
function byOrdinal(set: StatefulSet, own: readonly Pod[]): ReadonlyMap<number, Pod> {
  const prefix = `${set.metadata.name}-`
  return new Map(own.map((pod) => [Number(pod.metadata.name.slice(prefix.length)), pod]))
}
