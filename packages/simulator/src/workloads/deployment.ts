// Deployments: one ReplicaSet per template, rolled from one to the next.
import { isError } from '@flotilla/machinery/errors'
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import type { Cached } from '../cached.ts'
import type { Deployment, Pod, ReplicaSet } from '../kinds.ts'
import { byOwner, controllerReference, toOwnerKeys, toOwnKey } from '../owner.ts'
import { isFinished } from '../pod.ts'
import { hashName } from '../random-name.ts'
import { deploymentStatus, progressDeadlineMs } from './deployment-status.ts'
import { countOf } from './int-or-percent.ts'
import { planRollout, planScale, type Rollout, type RolloutSet, type Scaling } from './rollout.ts'

export interface DeploymentDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly replicaSets: Cached<ReplicaSet>
  readonly deployments: Cached<Deployment>
}

const hashLabel = 'pod-template-hash'
const revisionAnnotation = 'deployment.kubernetes.io/revision'
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'
/** Of the Deployment's own annotations, those that its ReplicaSets do not take over. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
])

export function createDeploymentController(deps: DeploymentDeps): Controller {
  const { env, deployments, replicaSets, pods } = deps
  const toOwners = toOwnerKeys('Deployment')

  /** Strategy Recreate waits for pods to be gone, of which their ReplicaSet says nothing. */
  function* fromGonePod({ before, after }: Change<Pod>): Iterable<string> {
    if (after !== undefined || before === undefined) return
    for (const key of toOwnerKeys('ReplicaSet')({ before })) {
      const set = replicaSets.rows.get(key)
      if (set !== undefined) yield* toOwners({ after: set })
    }
  }

  return {
    name: 'deployment',
    concurrency: 8,
    watches: [watch(deployments.rows, toOwnKey), watch(replicaSets.rows, toOwners), watch(pods.rows, fromGonePod)],
    async reconcile(key) {
      const deployment = deployments.rows.get(key)
      if (deployment === undefined) return
      return new Sync(deps, deployment).run(env.clock.now())
    },
  }
}

/** One look at one Deployment. */
class Sync {
  readonly #deps: DeploymentDeps
  readonly #deployment: Deployment
  readonly #hash: string

  constructor(deps: DeploymentDeps, deployment: Deployment) {
    this.#deps = deps
    this.#deployment = deployment
    this.#hash = hashName([deployment.spec.template, deployment.status?.collisionCount ?? 0])
  }

  async run(now: number): Promise<Result | void> {
    const { metadata, spec } = this.#deployment
    if (metadata.deletionTimestamp === undefined) await this.#roll(now)
    const sets = this.#sets()
    const status = deploymentStatus(this.#deployment, sets, this.#current(sets), now)
    const written = await this.#deps.deployments.writeStatus(this.#deployment, status)
    if (metadata.deletionTimestamp === undefined) await this.#shareRevision(written, this.#current(sets))
    await this.#dropHistory(sets, status.updatedReplicas === (spec.replicas ?? 1))
    return this.#requeue(status, now)
  }

  async #roll(now: number): Promise<void> {
    if (this.#deployment.spec.paused === true || this.#isRescaled()) {
      await this.#scale(planScale(this.#rollout()))
      return
    }
    const mustWait = this.#rollout().strategy === 'Recreate' && this.#hasOldPods()
    if (this.#current(this.#sets()) === undefined && !mustWait) await this.#createCurrent(now)
    await this.#scale(planRollout(this.#rollout()))
  }

  #sets(): readonly ReplicaSet[] {
    return this.#deps.replicaSets.rows.byIndex(byOwner, this.#deployment.metadata.uid ?? '')
  }

  #current(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
    return sets.find(({ metadata }) => metadata.labels?.[hashLabel] === this.#hash)
  }

  /** `spec.replicas` was changed since the sets were scaled last. */
  #isRescaled(): boolean {
    const desired = String(this.#deployment.spec.replicas ?? 1)
    return this.#sets().some(
      (set) => (set.spec.replicas ?? 0) > 0 && set.metadata.annotations?.[desiredAnnotation] !== desired,
    )
  }

  #hasOldPods(): boolean {
    const { old } = this.#rollout()
    return old.some(({ replicas, observed }) => replicas > 0 || observed > 0)
  }

  #rollout(): Rollout {
    const { spec } = this.#deployment
    const sets = this.#sets()
    const current = this.#current(sets)
    return {
      desired: spec.replicas ?? 1,
      ...this.#limits(),
      strategy: spec.strategy?.type ?? 'RollingUpdate',
      ...(current === undefined ? {} : { current: this.#seen(current) }),
      old: sets.filter((set) => set !== current).map((set) => this.#seen(set)),
    }
  }

  /** Both zero would let nothing move: then one may be unavailable. */
  #limits(): Pick<Rollout, 'maxSurge' | 'maxUnavailable'> {
    const { replicas = 1, strategy } = this.#deployment.spec
    if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas }
    const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {}
    const surge = countOf(maxSurge, replicas, 'up')
    const unavailable = countOf(maxUnavailable, replicas, 'down')
    return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) }
  }

  #seen(set: ReplicaSet): RolloutSet {
    const pods = this.#deps.pods.rows.byIndex(byOwner, set.metadata.uid ?? '')
    return {
      name: set.metadata.name,
      replicas: set.spec.replicas ?? 0,
      available: set.status?.availableReplicas ?? 0,
      observed: pods.filter((pod) => !isFinished(pod)).length,
      revision: revisionOf(set),
      maxReplicas: Number(set.metadata.annotations?.[maxAnnotation] ?? 0),
    }
  }

  async #createCurrent(now: number): Promise<void> {
    try {
      await this.#deps.replicaSets.create(this.#newSet())
    } catch (error) {
      if (!isError(error, 'AlreadyExists')) throw error
      const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1
      this.#deps.env.log.debug({ deployment: this.#deployment.metadata.name, now }, 'A ReplicaSet of that name exists')
      await this.#deps.deployments.writeStatus(this.#deployment, { ...this.#deployment.status, collisionCount })
      throw error
    }
  }

  #newSet(): ReplicaSet {
    const { metadata, spec } = this.#deployment
    const labels = { ...spec.template.metadata?.labels, [hashLabel]: this.#hash }
    const selector = { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: this.#hash } }
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name}-${this.#hash}`,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        labels,
        annotations: {
          ...this.#inherited(),
          ...this.#scaleNotes(),
          [revisionAnnotation]: String(this.#nextRevision()),
        },
        ownerReferences: [controllerReference(this.#deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: spec.minReadySeconds ?? 0,
        selector,
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    }
  }

  #inherited(): Readonly<Record<string, string>> {
    const annotations = Object.entries(this.#deployment.metadata.annotations ?? {})
    return Object.fromEntries(annotations.filter(([name]) => !ownAnnotations.has(name)))
  }

  #scaleNotes(): Readonly<Record<string, string>> {
    const desired = this.#deployment.spec.replicas ?? 1
    return { [desiredAnnotation]: String(desired), [maxAnnotation]: String(desired + this.#limits().maxSurge) }
  }

  #nextRevision(): number {
    return Math.max(0, ...this.#sets().map(revisionOf)) + 1
  }

  async #scale(scaling: Scaling): Promise<void> {
    for (const set of this.#sets()) {
      const replicas = scaling.get(set.metadata.name)
      if (replicas === undefined) continue
      await this.#deps.replicaSets.patch(set, { metadata: { annotations: this.#scaleNotes() }, spec: { replicas } })
    }
    await this.#noteDesired()
  }

  /** Sets that keep their size must still say what it was made for, or every look would scale again. */
  async #noteDesired(): Promise<void> {
    const notes = this.#scaleNotes()
    for (const set of this.#sets()) {
      if ((set.spec.replicas ?? 0) === 0 || set.metadata.annotations?.[desiredAnnotation] === notes[desiredAnnotation])
        continue
      await this.#deps.replicaSets.patch(set, { metadata: { annotations: notes } })
    }
  }

  /** The newest set carries the highest revision, also when it was an old one before (a rollback). */
  async #shareRevision(deployment: Deployment, current: ReplicaSet | undefined): Promise<void> {
    if (current === undefined) return
    const others = this.#sets()
      .filter(({ metadata }) => metadata.uid !== current.metadata.uid)
      .map(revisionOf)
    const revision = Math.max(revisionOf(current), Math.max(0, ...others) + 1)
    const annotations = { [revisionAnnotation]: String(revision) }
    if (revisionOf(current) !== revision) await this.#deps.replicaSets.patch(current, { metadata: { annotations } })
    if (deployment.metadata.annotations?.[revisionAnnotation] === String(revision)) return
    await this.#deps.deployments.patch(deployment, { metadata: { annotations } })
  }

  async #dropHistory(sets: readonly ReplicaSet[], isRolledOut: boolean): Promise<void> {
    const limit = this.#deployment.spec.revisionHistoryLimit ?? 10
    const current = this.#current(sets)
    const empty = sets.filter(
      (set) => set !== current && (set.spec.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0,
    )
    if (!isRolledOut || empty.length <= limit) return
    const oldest = empty.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, empty.length - limit)
    for (const set of oldest) await this.#deps.replicaSets.delete(set)
  }

  #requeue(status: ReturnType<typeof deploymentStatus>, now: number): Result | void {
    const deadlineMs = progressDeadlineMs(this.#deployment, status, now)
    return deadlineMs === undefined ? undefined : { requeueAfterMs: deadlineMs }
  }
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0)
}
