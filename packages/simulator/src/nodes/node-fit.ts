// Whether a pod may run on a node, and if not, why: in kube-scheduler's words.
import { fromLabelSelector, matchesLabels, type Labels } from '@flotilla/machinery/selector'
import type { Node, Pod, Taint, Toleration } from '../kinds.ts'
import type { Amounts } from './pod-request.ts'

export interface NodeRoom {
  readonly node: Node
  readonly allocatable: Amounts
  readonly used: Amounts
}

/** Nothing when the pod fits, else the reasons why it does not. */
export function refusalsOf(pod: Pod, request: Amounts, room: NodeRoom): readonly string[] {
  const { node } = room
  if (node.spec?.unschedulable === true && !tolerates(pod, unschedulable)) return ['node(s) were unschedulable']
  const taint = untolerated(pod, node, ['NoSchedule', 'NoExecute'])
  if (taint !== undefined) return [`node(s) had untolerated taint(s)`]
  if (!matchesNode(pod, node.metadata.labels)) return ["node(s) didn't match Pod's node affinity/selector"]
  return lacking(request, room)
}

/** For DaemonSets: whether the pod belongs on the node, room or not. */
export function belongsOn(pod: Pod, node: Node): boolean {
  return matchesNode(pod, node.metadata.labels) && untolerated(pod, node, ['NoSchedule', 'NoExecute']) === undefined
}

/** For DaemonSets: whether a pod that is on the node may stay, though it might not come there today. */
export function mayStayOn(pod: Pod, node: Node): boolean {
  return matchesNode(pod, node.metadata.labels) && untolerated(pod, node, ['NoExecute']) === undefined
}

/** 0 (empty) to 1 (full): the mean of CPU and memory as they would be with the pod. */
export function fullnessWith(request: Amounts, { allocatable, used }: NodeRoom): number {
  const share = (name: string) => ((used.get(name) ?? 0) + (request.get(name) ?? 0)) / (allocatable.get(name) || 1)
  return (share('cpu') + share('memory')) / 2
}

const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

function lacking(request: Amounts, { allocatable, used }: NodeRoom): readonly string[] {
  const reasons: string[] = []
  for (const [name, amount] of request) {
    if (amount === 0 || amount + (used.get(name) ?? 0) <= (allocatable.get(name) ?? 0)) continue
    reasons.push(name === 'pods' ? 'Too many pods' : `Insufficient ${name}`)
  }
  return reasons
}

/** The first taint of one of `effects` that the pod does not tolerate. */
export function untolerated(pod: Pod, node: Node, effects: readonly Taint['effect'][]): Taint | undefined {
  return node.spec?.taints?.find((taint) => effects.includes(taint.effect) && !tolerates(pod, taint))
}

function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some((toleration) => isTolerated(taint, toleration))
}

function isTolerated(taint: Taint, { key = '', operator = 'Equal', value = '', effect = '' }: Toleration): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key === '') return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}

function matchesNode(pod: Pod, labels: Labels | undefined): boolean {
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (labels?.[key] !== value) return false
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required === undefined) return true
  return required.nodeSelectorTerms.some(({ matchExpressions = [] }) => {
    // Numbers compare only in node selectors: Gt and Lt are no label selector operators.
    const plain = matchExpressions.filter(({ operator }) => operator !== 'Gt' && operator !== 'Lt')
    const numeric = matchExpressions.filter(({ operator }) => operator === 'Gt' || operator === 'Lt')
    if (matchExpressions.length === 0) return false
    return (
      matchesLabels(fromLabelSelector({ matchExpressions: plain }), labels) &&
      numeric.every((one) => isBeyond(one, labels))
    )
  })
}

function isBeyond(
  { key, operator, values }: { readonly key: string; readonly operator: string; readonly values?: readonly string[] },
  labels: Labels | undefined,
): boolean {
  const [value, bound] = [Number(labels?.[key]), Number(values?.[0])]
  return operator === 'Gt' ? value > bound : value < bound
}
