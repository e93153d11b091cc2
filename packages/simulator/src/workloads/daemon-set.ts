// DaemonSets: one pod on every node that takes it.
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Cached } from '../cached.ts'
import type { DaemonSet, Node, Pod, Toleration } from '../kinds.ts'
import { belongsOn, mayStayOn } from '../nodes/node-fit.ts'
import { byOwner, toOwnerKeys, toOwnKey } from '../owner.ts'
import { Pacing } from '../pacing.ts'
import { isActive, isReady, podFrom, tallyPods } from '../pod.ts'
import { hashName, randomName } from '../random-name.ts'
import { countOf } from './int-or-percent.ts'
import { nonZero } from './non-zero.ts'
import { requeueFor } from './requeue.ts'

export interface DaemonSetDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly nodes: Cached<Node>
  readonly daemonSets: Cached<DaemonSet>
}

const hashLabel = 'controller-revision-hash'
/** Daemons stay where others are sent away. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

export function createDaemonSetController({ env, pods, nodes, daemonSets }: DaemonSetDeps): Controller {
  const pacing = new Pacing(env)

  async function reconcile(key: string): Promise<Result | void> {
    const set = daemonSets.rows.get(key)
    if (set === undefined) return pacing.forget(key)
    const waitMs = pacing.waitMs(key, set.metadata.generation)
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    const hash = hashName(set.spec.template)
    const wanted = [...nodes.rows.list()].filter((node) => belongsOn(newPod(set, node, hash), node))
    if (set.metadata.deletionTimestamp === undefined) await place(set, wanted, hash)
    pacing.note(key, wanted.length, set.metadata.generation)
    return report(set, wanted, hash)
  }

  async function place(set: DaemonSet, wanted: readonly Node[], hash: string): Promise<void> {
    const byNode = new Map(
      ownPods(set)
        .filter(isActive)
        .map((pod) => [pod.spec.nodeName ?? '', pod]),
    )
    const names = new Set(wanted.map(({ metadata }) => metadata.name))
    for (const [name, pod] of byNode) if (!names.has(name) && !isKept(pod, name)) await pods.delete(pod)
    const missing = wanted.filter(({ metadata }) => !byNode.has(metadata.name))
    await Promise.all(missing.map((node) => pods.createNamed(() => named(newPod(set, node, hash)))))
    await replaceOutdated(set, [...byNode.values()], wanted.length, hash)
  }

  function isKept(pod: Pod, nodeName: string): boolean {
    const node = nodes.rows.get(nodeName)
    return node !== undefined && mayStayOn(pod, node)
  }

  async function replaceOutdated(set: DaemonSet, present: readonly Pod[], wanted: number, hash: string): Promise<void> {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {}
    const unavailable = wanted - present.filter(isReady).length
    const outdated = present.filter(({ metadata }) => metadata.labels?.[hashLabel] !== hash)
    const broken = outdated.filter((pod) => !isReady(pod))
    const spare = Math.max(0, countOf(maxUnavailable, wanted, 'up') - unavailable)
    await Promise.all([...broken, ...outdated.filter(isReady).slice(0, spare)].map((pod) => pods.delete(pod)))
  }

  async function report(set: DaemonSet, wanted: readonly Node[], hash: string): Promise<Result> {
    const names = new Set(wanted.map(({ metadata }) => metadata.name))
    const { active, ready, available, nextAvailableMs } = tallyPods(
      ownPods(set),
      set.spec.minReadySeconds ?? 0,
      env.clock.now(),
    )
    const scheduled = active.filter(({ spec }) => names.has(spec.nodeName ?? '')).length
    await daemonSets.writeStatus(set, {
      currentNumberScheduled: scheduled,
      desiredNumberScheduled: wanted.length,
      numberMisscheduled: active.length - scheduled,
      numberReady: ready,
      ...nonZero({
        updatedNumberScheduled: active.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash).length,
        numberAvailable: available,
        numberUnavailable: wanted.length - available,
      }),
      observedGeneration: set.metadata.generation ?? 0,
    })
    return requeueFor({ active, ready, available, nextAvailableMs })
  }

  function ownPods(set: DaemonSet): readonly Pod[] {
    return pods.rows.byIndex(byOwner, set.metadata.uid ?? '')
  }

  function named(pod: Pod): Pod {
    return { ...pod, metadata: { ...pod.metadata, name: randomName(pod.metadata.name, env.random) } }
  }

  function newPod(set: DaemonSet, node: Node, hash: string): Pod {
    const { name } = set.metadata
    const naming = { name, generateName: `${name}-`, nodeName: node.metadata.name, labels: { [hashLabel]: hash } }
    const pod = podFrom(set, set.spec.template, naming)
    return { ...pod, spec: { ...pod.spec, tolerations: [...(pod.spec.tolerations ?? []), ...daemonTolerations] } }
  }

  return {
    name: 'daemon-set',
    watches: [
      watch(daemonSets.rows, toOwnKey),
      watch(pods.rows, toOwnerKeys('DaemonSet')),
      watch(nodes.rows, function* ({ before, after }) {
        if (isSameHome(before, after)) return
        for (const { metadata } of daemonSets.rows.list()) yield `${metadata.namespace}/${metadata.name}`
      }),
    ],
    reconcile,
  }
}

/** Heartbeats change nodes without changing who belongs on them. */
function isSameHome(before: Node | undefined, after: Node | undefined): boolean {
  if (before === undefined || after === undefined) return false
  return before.metadata.labels === after.metadata.labels && before.spec === after.spec
}
