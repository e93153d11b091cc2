// ReplicaSets: as many pods as stated, made from their template.
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Cached } from '../cached.ts'
import type { Pod, ReplicaSet } from '../kinds.ts'
import { byOwner, toOwnerKeys, toOwnKey } from '../owner.ts'
import { Pacing } from '../pacing.ts'
import { inOrderOfLoss, podFrom, tallyPods, type PodTally } from '../pod.ts'
import { randomName } from '../random-name.ts'
import { requeueFor } from './requeue.ts'

export interface ReplicaSetDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly replicaSets: Cached<ReplicaSet>
}

/** Pods made or deleted at once. */
const batch = 100

export function createReplicaSetController({ env, pods, replicaSets }: ReplicaSetDeps): Controller {
  const pacing = new Pacing(env)
  const tally = (set: ReplicaSet): PodTally =>
    tallyPods(pods.rows.byIndex(byOwner, set.metadata.uid ?? ''), set.spec.minReadySeconds ?? 0, env.clock.now())

  async function reconcile(key: string): Promise<Result | void> {
    const set = replicaSets.rows.get(key)
    if (set === undefined) return pacing.forget(key)
    const waitMs = pacing.waitMs(key, set.metadata.generation)
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    if (set.metadata.deletionTimestamp === undefined) await scale(set, tally(set).active)
    const now = tally(set)
    pacing.note(key, now.active.length, set.metadata.generation)
    await replicaSets.writeStatus(set, {
      replicas: now.active.length,
      fullyLabeledReplicas: now.active.length,
      readyReplicas: now.ready,
      availableReplicas: now.available,
      observedGeneration: set.metadata.generation ?? 0,
    })
    return requeueFor(now)
  }

  async function scale(set: ReplicaSet, active: readonly Pod[]): Promise<void> {
    const missing = (set.spec.replicas ?? 1) - active.length
    if (missing >= 0) await inBatches(missing, () => pods.createNamed(() => newPod(set)))
    const surplus = inOrderOfLoss(active).slice(0, Math.max(0, -missing))
    await inBatches(surplus.length, (i) => pods.delete(surplus[i] as Pod))
  }

  function newPod(set: ReplicaSet): Pod {
    const { name } = set.metadata
    return podFrom(set, set.spec.template, { name: randomName(name, env.random), generateName: `${name}-` })
  }

  return {
    name: 'replica-set',
    concurrency: 8,
    watches: [watch(replicaSets.rows, toOwnKey), watch(pods.rows, toOwnerKeys('ReplicaSet'))],
    reconcile,
  }
}

async function inBatches(count: number, run: (index: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < count; start += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, count - start) }, (_, i) => run(start + i)))
  }
}
