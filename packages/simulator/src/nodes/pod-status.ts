// What a kubelet says of a pod at each stage of its life.
import { timestamp } from '@flotilla/runtime/timestamp'
import { compareText } from '../pod.ts'
import type { Condition, Container, ContainerStatus, Pod, PodStatus } from '../kinds.ts'

/** Times in ms since 1970. */
export interface PodRun {
  readonly podIP: string
  readonly hostIP: string
  readonly startedAt: number
  readonly restarts: number
}

export function runningStatus(pod: Pod, run: PodRun, now: number): PodStatus {
  const startedAt = timestamp(now)
  const containerStatuses = pod.spec.containers.map((container) =>
    containerStatus(pod, container, run.restarts, true, { running: { startedAt } }),
  )
  return { ...common(pod, run), phase: 'Running', conditions: conditions(pod, 'True', now), containerStatuses }
}

/** The container ended in an error and waits to be started again. */
export function crashingStatus(pod: Pod, run: PodRun, now: number): PodStatus {
  const message = 'back-off restarting failed container'
  const containerStatuses = pod.spec.containers.map((container) =>
    containerStatus(pod, container, run.restarts, false, { waiting: { reason: 'CrashLoopBackOff', message } }),
  )
  return { ...common(pod, run), phase: 'Running', conditions: conditions(pod, 'False', now), containerStatuses }
}

export function finishedStatus(pod: Pod, run: PodRun, phase: 'Succeeded' | 'Failed', now: number): PodStatus {
  const terminated = {
    exitCode: phase === 'Succeeded' ? 0 : 1,
    reason: phase === 'Succeeded' ? 'Completed' : 'Error',
    startedAt: timestamp(run.startedAt),
    finishedAt: timestamp(now),
  }
  const containerStatuses = pod.spec.containers.map((container) =>
    containerStatus(pod, container, run.restarts, false, { terminated }),
  )
  return { ...common(pod, run), phase, conditions: conditions(pod, 'False', now), containerStatuses }
}

function common(pod: Pod, run: PodRun): PodStatus {
  return {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    hostIP: run.hostIP,
    podIP: run.podIP,
    podIPs: [{ ip: run.podIP }],
    startTime: pod.status?.startTime ?? timestamp(run.startedAt),
  }
}

function conditions(pod: Pod, ready: 'True' | 'False', now: number): readonly Condition[] {
  const wanted = {
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: ready,
    ContainersReady: ready,
    PodScheduled: 'True',
  } as const
  return Object.entries(wanted)
    .map(([type, status]): Condition => {
      const old = pod.status?.conditions?.find((condition) => condition.type === type)
      const reason = status === 'False' ? notReadyReason(pod) : undefined
      return {
        type,
        status,
        lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? '') : timestamp(now),
        ...(reason === undefined ? {} : { reason }),
      }
    })
    .toSorted((a, b) => compareText(a.type, b.type))
}

function notReadyReason(pod: Pod): string {
  return pod.spec.restartPolicy === 'Never' ? 'PodCompleted' : 'ContainersNotReady'
}

function containerStatus(
  pod: Pod,
  { name, image = '' }: Container,
  restartCount: number,
  ready: boolean,
  state: ContainerStatus['state'],
): ContainerStatus {
  return {
    name,
    image,
    imageID: `simulated://${image}`,
    containerID: `simulated://${pod.metadata.uid}/${name}/${restartCount}`,
    ready,
    started: ready,
    restartCount,
    state,
  }
}
