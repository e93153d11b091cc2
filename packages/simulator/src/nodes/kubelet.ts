// Runs the pods of all nodes: they start after a delay, fail or end when told to by annotations, and go gracefully.
import type { KubeObject } from '@flotilla/machinery/object'
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Cached } from '../cached.ts'
import type { Node, Pod } from '../kinds.ts'
import { toOwnKey } from '../owner.ts'
import { isFinished } from '../pod.ts'
import { crashingStatus, finishedStatus, runningStatus, type PodRun } from './pod-status.ts'

/** Of a pod that ends (restartPolicy Never or OnFailure): ms from its start to its end. Default 1000. */
export const runMsAnnotation = 'simulator.flotilla.dev/run-ms'
/** `true`: the pod's containers end with an error. As does an image whose name contains `fail`. */
export const failAnnotation = 'simulator.flotilla.dev/fail'

export interface KubeletDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly nodes: Cached<Node>
  /** From being bound to being ready. */
  readonly podStartMs: number
  /** From being asked to end to being gone, unless the pod's grace period is shorter. */
  readonly podStopMs: number
}

const defaultRunMs = 1000
const restartBackoffMs = 10_000

interface Life {
  readonly uid: string
  /** When the pod was first seen on a node, and in which state it is since when: env.clock.now(). */
  readonly boundAt: number
  readonly run?: PodRun
  readonly deletedAt?: number
}

export function createKubelet(deps: KubeletDeps): Controller {
  return new Kubelet(deps).controller
}

class Kubelet {
  readonly controller: Controller
  readonly #deps: KubeletDeps
  readonly #lives = new Map<string, Life>()
  #lastAddress = 0

  constructor(deps: KubeletDeps) {
    this.#deps = deps
    this.controller = {
      name: 'kubelet',
      concurrency: 32,
      watches: [watch(deps.pods.rows, toOwnKey)],
      reconcile: (key) => this.#reconcile(key),
    }
  }

  async #reconcile(key: string): Promise<Result | void> {
    const pod = this.#deps.pods.rows.get(key)
    if (pod === undefined) {
      this.#lives.delete(key)
      return
    }
    const life = this.#lifeOf(key, pod)
    if (pod.metadata.deletionTimestamp !== undefined) return this.#end(pod, key, life)
    if (!pod.spec.nodeName || isFinished(pod)) return
    return life.run === undefined ? this.#begin(pod, key, life) : this.#goOn(pod, key, life, life.run)
  }

  async #begin(pod: Pod, key: string, life: Life): Promise<Result | void> {
    const leftMs = life.boundAt + this.#deps.podStartMs - this.#now()
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    const run: PodRun = {
      podIP: pod.status?.podIP ?? this.#nextAddress(),
      hostIP: this.#addressOf(pod.spec.nodeName ?? ''),
      startedAt: this.#now(),
      restarts: 0,
    }
    const doesCrash = isFailing(pod) && !doesEnd(pod)
    const status = doesCrash
      ? crashingStatus(pod, { ...run, restarts: 1 }, this.#now())
      : runningStatus(pod, run, this.#now())
    await this.#deps.pods.writeStatus(pod, status)
    this.#lives.set(key, { ...life, run })
    return doesEnd(pod) ? { requeueAfterMs: runMs(pod) } : undefined
  }

  async #goOn(pod: Pod, key: string, life: Life, run: PodRun): Promise<Result | void> {
    if (!doesEnd(pod)) return
    const leftMs = run.startedAt + runMs(pod) - this.#now()
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    if (!isFailing(pod)) return this.#writeStatus(pod, finishedStatus(pod, run, 'Succeeded', this.#now()))
    if (pod.spec.restartPolicy === 'Never') {
      return this.#writeStatus(pod, finishedStatus(pod, run, 'Failed', this.#now()))
    }
    return this.#restart(pod, key, life, run)
  }

  /** OnFailure: the same pod runs again, after a pause that doubles. */
  async #restart(pod: Pod, key: string, life: Life, run: PodRun): Promise<Result> {
    const pauseMs = Math.min(300_000, restartBackoffMs * 2 ** run.restarts)
    const next: PodRun = { ...run, restarts: run.restarts + 1, startedAt: this.#now() + pauseMs }
    await this.#deps.pods.writeStatus(pod, crashingStatus(pod, next, this.#now()))
    this.#lives.set(key, { ...life, run: next })
    return { requeueAfterMs: pauseMs + runMs(pod) }
  }

  async #end(pod: Pod, key: string, life: Life): Promise<Result | void> {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000
    const deletedAt = life.deletedAt ?? this.#now()
    this.#lives.set(key, { ...life, deletedAt })
    const isRunning = life.run !== undefined && !isFinished(pod)
    const leftMs = isRunning ? deletedAt + Math.min(graceMs, this.#deps.podStopMs) - this.#now() : 0
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    await this.#deps.pods.delete(pod, { gracePeriodSeconds: 0 })
  }

  async #writeStatus(pod: Pod, status: object): Promise<void> {
    await this.#deps.pods.writeStatus(pod, status)
  }

  #lifeOf(key: string, pod: Pod): Life {
    const uid = pod.metadata.uid ?? ''
    const found = this.#lives.get(key)
    if (found?.uid === uid) return found
    const life: Life = { uid, boundAt: this.#now(), ...runOf(pod) }
    // Unbound pods have no life yet: theirs begins when they are bound.
    if (pod.spec.nodeName) this.#lives.set(key, life)
    return life
  }

  #nextAddress(): string {
    const n = ++this.#lastAddress
    return `10.${64 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`
  }

  #addressOf(nodeName: string): string {
    const addresses = this.#deps.nodes.rows.get(nodeName)?.status?.addresses ?? []
    return addresses.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1'
  }

  #now(): number {
    return this.#deps.env.clock.now()
  }
}

/** Of a pod that ran before this kubelet did. */
function runOf({ status }: Pod): { readonly run?: PodRun } {
  if (status?.phase === undefined || status.phase === 'Pending' || status.podIP === undefined) return {}
  const startedAt = Date.parse(status.startTime ?? '') || 0
  const restarts = status.containerStatuses?.[0]?.restartCount ?? 0
  return { run: { podIP: status.podIP, hostIP: status.hostIP ?? '127.0.0.1', startedAt, restarts } }
}

function doesEnd(pod: Pod): boolean {
  return pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure'
}

function isFailing(pod: Pod): boolean {
  if (pod.metadata.annotations?.[failAnnotation] === 'true') return true
  return pod.spec.containers.some(({ image = '' }) => image.includes('fail'))
}

function runMs(pod: KubeObject): number {
  const stated = Number(pod.metadata.annotations?.[runMsAnnotation] ?? Number.NaN)
  return Number.isFinite(stated) && stated >= 0 ? stated : defaultRunMs
}
