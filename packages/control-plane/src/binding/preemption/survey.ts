// Reads a member node by node: what is free on each, whose pods run there, and which pods have no node yet.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { asDict, textAt } from '@flotilla/machinery/untyped'
import { nodes as nodeResource, pods as podResource } from '@flotilla/machinery/well-known-resources'
import type { PodRequest } from '@flotilla/scheduler/fit'
import type { Host } from '@flotilla/scheduler/preemption/freed'
import { addPod, freeOf, isFinished, type NodeRow, pagesOf, toNodeRow } from '../../members/node-rows.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'
import { podRequest } from '../../pod-request.ts'

export interface Survey {
  /** Tenants are workloads by ObjectId, whoever made them. */
  readonly hosts: readonly Host[]
  /** Requests of pods that wait for a node. */
  readonly unscheduled: readonly PodRequest[]
}

/** @throws what the member answers. */
export async function surveyMember(api: KubeApi, signal: AbortSignal): Promise<Survey> {
  const rows: NodeRow[] = []
  for await (const node of pagesOf(api, nodeResource, signal)) rows.push(toNodeRow(node))
  const requested = new Map<string, Record<string, Quantity>>()
  const tenants = new Map<string, Map<ObjectId, PodRequest[]>>()
  const unscheduled: PodRequest[] = []
  for await (const pod of pagesOf(api, podResource, signal)) {
    addPod(requested, pod)
    // What is on its way out holds its room and is nobody's any more.
    if (isFinished(pod) || pod.metadata.deletionTimestamp !== undefined) continue
    const node = textAt(pod, 'spec', 'nodeName')
    if (node === '') unscheduled.push(requestOf(pod))
    else addTenant(tenants, node, pod)
  }
  return { hosts: rows.map((row) => toHost(row, requested.get(row.name), tenants.get(row.name))), unscheduled }
}

function addTenant(tenants: Map<string, Map<ObjectId, PodRequest[]>>, node: string, pod: KubeObject): void {
  const workload = workloadOf(pod)
  if (workload === undefined) return
  const onNode = tenants.get(node) ?? new Map<ObjectId, PodRequest[]>()
  tenants.set(node, onNode.set(workload, [...(onNode.get(workload) ?? []), requestOf(pod)]))
}

const hashLabel = 'pod-template-hash'

/** The workload that keeps the pod; of a ReplicaSet that a Deployment named, the Deployment. */
function workloadOf({ metadata }: KubeObject): ObjectId | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner === undefined) return undefined
  const { apiVersion, kind, name } = owner
  const { namespace } = metadata
  const suffix = `-${metadata.labels?.[hashLabel] ?? ''}`
  const isOfDeployment = kind === 'ReplicaSet' && suffix !== '-' && name.endsWith(suffix)
  return isOfDeployment
    ? objectIdOf({ apiVersion, kind: 'Deployment', namespace, name: name.slice(0, -suffix.length) })
    : objectIdOf({ apiVersion, kind, namespace, name })
}

function requestOf(pod: KubeObject): PodRequest {
  const asked = Object.entries(podRequest(asDict(pod['spec']))).map(
    ([name, text]) => [name, parseQuantity(text)] as const,
  )
  return asked.filter(([, quantity]) => quantity.nanos > 0n)
}

function toHost(
  row: NodeRow,
  requested: Record<string, Quantity> | undefined,
  tenants: ReadonlyMap<ObjectId, readonly PodRequest[]> = new Map(),
): Host {
  return {
    free: new Map(Object.entries(freeOf(row, requested))),
    labels: row.labels,
    taints: row.taints as Host['taints'],
    count: 1,
    isOpen: row.ready,
    tenants,
  }
}
