// What the controllers ask of pods, and how they make them.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Condition, Pod, PodTemplate } from './kinds.ts'
import { controllerReference } from './owner.ts'

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Counts towards the replicas of its owner. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

function readyCondition(pod: Pod): Condition | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')
}

/** Ms until a ready pod has been so for `minReadySeconds`; 0: it is available; Infinity: it is not ready. */
export function untilAvailableMs(pod: Pod, minReadySeconds: number, now: number): number {
  const ready = readyCondition(pod)
  if (ready?.status !== 'True') return Number.POSITIVE_INFINITY
  if (minReadySeconds <= 0) return 0
  return Math.max(0, Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 - now)
}

export interface PodTally {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly available: number
  /** When the next ready pod becomes available; Infinity: none is to. */
  readonly nextAvailableMs: number
}

export function tallyPods(pods: readonly Pod[], minReadySeconds: number, now: number): PodTally {
  const active = pods.filter(isActive)
  const waits = active.map((pod) => untilAvailableMs(pod, minReadySeconds, now))
  return {
    active,
    ready: active.filter(isReady).length,
    available: waits.filter((wait) => wait === 0).length,
    nextAvailableMs: waits.reduce((least, wait) => (wait > 0 && wait < least ? wait : least), Number.POSITIVE_INFINITY),
  }
}

export interface PodNaming {
  readonly name: string
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly nodeName?: string
  readonly hostname?: string
}

export function podFrom(owner: KubeObject, template: PodTemplate, naming: PodNaming): Pod {
  const { name, generateName, labels, nodeName, hostname } = naming
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(generateName === undefined ? {} : { generateName }),
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: {
      ...template.spec,
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(hostname === undefined ? {} : { hostname }),
    },
  }
}

/** Those that cost least to lose come first: not scheduled, not running, not ready, then the newest. */
export function inOrderOfLoss(pods: readonly Pod[]): readonly Pod[] {
  const worth = (pod: Pod) =>
    (pod.spec.nodeName ? 4 : 0) + (pod.status?.phase === 'Running' ? 2 : 0) + (isReady(pod) ? 1 : 0)
  return pods.toSorted(
    (a, b) =>
      worth(a) - worth(b) ||
      compareText(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') ||
      compareText(a.metadata.name, b.metadata.name),
  )
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
