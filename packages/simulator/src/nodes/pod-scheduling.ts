// Binds pods to nodes by their requests, node selectors and tolerations, as kube-scheduler would.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch, type Controller } from '@flotilla/runtime/controller'
import type { Env, Timer } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Cached } from '../cached.ts'
import type { Condition, Node, Pod } from '../kinds.ts'
import { events } from '../resources.ts'
import { toOwnKey } from '../owner.ts'
import { randomSuffix } from '../random-name.ts'
import { fullnessWith, refusalsOf } from './node-fit.ts'
import { NodeRooms } from './node-rooms.ts'
import { podRequest, type Amounts } from './pod-request.ts'

export interface PodSchedulingDeps {
  readonly env: Env
  readonly api: KubeApi
  readonly pods: Cached<Pod>
  readonly nodes: Cached<Node>
}

/** Pods that fit nowhere are tried again so long after room was made: once for all the room made meanwhile. */
const retryDelayMs = 100

export function createPodScheduling({ env, api, pods, nodes }: PodSchedulingDeps): {
  readonly controller: Controller
  /** Gives the pods to try again to `enqueue`. */
  retryWith(enqueue: (key: string) => void): void
} {
  const rooms = new NodeRooms()
  const unplaced = new Set<string>()
  let retry: Timer | undefined
  let enqueue = (_key: string) => {}

  nodes.rows.onChange(({ key, after }) => {
    if (after === undefined) rooms.removeNode(key)
    else rooms.setNode(after)
    retrySoon()
  })
  pods.rows.onChange(({ key, after }) => {
    if (after === undefined || after.spec.nodeName) unplaced.delete(key)
    if (rooms.setPod(key, after)) retrySoon()
  })

  function retrySoon(): void {
    if (unplaced.size === 0) return
    retry ??= env.timers.after(retryDelayMs, () => {
      retry = undefined
      for (const key of unplaced) enqueue(key)
    })
  }

  async function reconcile(key: string): Promise<void> {
    const pod = pods.rows.get(key)
    if (pod === undefined || !needsNode(pod)) return
    const request = podRequest(pod)
    const choice = chooseNode(pod, request, rooms)
    if (choice.node === undefined) {
      unplaced.add(key)
      return reportUnplaced(pod, choice.message)
    }
    unplaced.delete(key)
    rooms.place(key, choice.node, request)
    try {
      await pods.createSubresource(pod, 'binding', bindingTo(pod, choice.node))
    } catch (error) {
      rooms.free(key)
      throw error
    }
  }

  async function reportUnplaced(pod: Pod, message: string): Promise<void> {
    const old = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    if (old?.status === 'False' && old.message === message) return
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: old?.status === 'False' ? (old.lastTransitionTime ?? '') : timestamp(env.clock.now()),
    }
    await pods.writeStatus(pod, { ...pod.status, conditions: [condition] })
    await api.create(events, failedScheduling(env, pod, message))
  }

  const controller: Controller = {
    name: 'pod-scheduling',
    concurrency: 16,
    watches: [watch(pods.rows, (change) => (change.after && needsNode(change.after) ? toOwnKey(change) : []))],
    reconcile,
  }
  return {
    controller,
    retryWith(give) {
      enqueue = give
    },
  }
}

function bindingTo({ metadata }: Pod, node: string): KubeObject {
  const { name, namespace } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: namespace === undefined ? { name } : { name, namespace },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  }
}

function needsNode(pod: Pod): boolean {
  const { nodeName, schedulerName = 'default-scheduler' } = pod.spec
  return !nodeName && pod.metadata.deletionTimestamp === undefined && schedulerName === 'default-scheduler'
}

type Choice = { readonly node: string } | { readonly node?: undefined; readonly message: string }

/** The emptiest node that takes the pod; the first by name among equals. */
export function chooseNode(pod: Pod, request: Amounts, rooms: NodeRooms): Choice {
  const reasons = new Map<string, number>()
  let best: { readonly name: string; readonly fullness: number } | undefined
  for (const room of rooms.all()) {
    const refusals = refusalsOf(pod, request, room)
    for (const reason of refusals) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    if (refusals.length > 0) continue
    const fullness = fullnessWith(request, room)
    const { name } = room.node.metadata
    if (best === undefined || fullness < best.fullness || (fullness === best.fullness && name < best.name)) {
      best = { name, fullness }
    }
  }
  return best === undefined ? { message: unplacedMessage(rooms.size, reasons) } : { node: best.name }
}

function unplacedMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted()
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`
}

function failedScheduling(env: Env, pod: Pod, message: string): KubeObject {
  const now = timestamp(env.clock.now())
  const { name, namespace, uid, resourceVersion } = pod.metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${randomSuffix(env.random)}`, ...(namespace === undefined ? {} : { namespace }) },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
    type: 'Warning',
    reason: 'FailedScheduling',
    message,
    source: { component: 'default-scheduler' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  }
}
