// What of a template is divided: its replicas and what each of them needs. Pure.
import type { ReplicaRequirements, Workload } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { addQuantity, compareQuantity, formatQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import type { Quantity } from '@flotilla/machinery/quantity'
import { asDict, asDicts, dictAt } from '@flotilla/machinery/untyped'
import type { Dict } from '@flotilla/machinery/untyped'
import { podTemplateOf } from './pod-template.ts'
import type { PodTemplate } from './pod-template.ts'

type Component = Workload['components'][number]

/** Kinds whose `spec.replicas` is divided. A DaemonSet or a CronJob goes whole to each cluster. */
const replicated = new Set([
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'apps/v1/ReplicaSet',
  'v1/ReplicationController',
])

/**
 * The components of `template`: one for a workload with replicas or a Job, none for an object that goes whole.
 * Replicas default to 1 as the API server defaults them.
 */
export function componentsOf(template: KubeObject): readonly Component[] {
  const type = `${template.apiVersion}/${template.kind}`
  const spec = asDict(template['spec'])
  if (replicated.has(type)) return [component(template, count(spec['replicas'], 1))]
  if (type !== 'batch/v1/Job') return []
  const completions = spec['completions']
  const base = component(template, count(spec['parallelism'], 1))
  return [typeof completions === 'number' ? { ...base, completions } : base]
}

function component(template: KubeObject, replicas: number): Component {
  const pod = podTemplateOf(template)
  return { name: '', replicas, ...(pod ? { replicaRequirements: requirementsOf(pod) } : {}) }
}

/** What one pod asks of a node. */
function requirementsOf(pod: PodTemplate): ReplicaRequirements {
  const { nodeSelector, tolerations, affinity } = pod.spec
  const required = dictAt(affinity, 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
  const nodeClaim = {
    ...(isFilled(nodeSelector) ? { nodeSelector } : {}),
    ...(Array.isArray(tolerations) && tolerations.length > 0 ? { tolerations } : {}),
    ...(isFilled(required) ? { nodeAffinity: required } : {}),
  } as NonNullable<ReplicaRequirements['nodeClaim']>
  const resourceRequest = podRequest(pod.spec)
  return {
    ...(isFilled(resourceRequest) ? { resourceRequest } : {}),
    ...(isFilled(nodeClaim) ? { nodeClaim } : {}),
  }
}

/**
 * The request of a pod as kube-scheduler counts it: the containers and sidecars (init containers that restart always)
 * added up, or the largest init container with the sidecars before it, whichever is more, plus the pod's overhead.
 * Source: `PodRequests` in k8s.io/component-helpers/resource.
 */
export function podRequest(podSpec: Dict): Readonly<Record<string, string>> {
  let running = asDicts(podSpec['containers']).map(requestOf).reduce(add, {})
  let sidecars: Request = {}
  let peak: Request = {}
  for (const init of asDicts(podSpec['initContainers'])) {
    if (init['restartPolicy'] === 'Always') {
      running = add(running, requestOf(init))
      sidecars = add(sidecars, requestOf(init))
      peak = larger(peak, sidecars)
    } else {
      peak = larger(peak, add(sidecars, requestOf(init)))
    }
  }
  const total = add(larger(running, peak), quantities(podSpec['overhead']))
  return Object.fromEntries(Object.entries(total).map(([name, quantity]) => [name, formatQuantity(quantity)]))
}

type Request = Readonly<Record<string, Quantity>>

/** A limit without a request is a request, as the API server defaults it. */
function requestOf(container: Dict): Request {
  const resources = asDict(container['resources'])
  return { ...quantities(resources['limits']), ...quantities(resources['requests']) }
}

function quantities(value: unknown): Request {
  return Object.fromEntries(Object.entries(asDict(value)).map(([name, text]) => [name, parseQuantity(String(text))]))
}

function add(a: Request, b: Request): Request {
  return merge(a, b, addQuantity)
}

function larger(a: Request, b: Request): Request {
  return merge(a, b, (x, y) => (compareQuantity(x, y) >= 0 ? x : y))
}

function merge(a: Request, b: Request, combine: (x: Quantity, y: Quantity) => Quantity): Request {
  const merged: Record<string, Quantity> = { ...a }
  for (const [name, quantity] of Object.entries(b)) {
    const other = merged[name]
    merged[name] = other === undefined ? quantity : combine(other, quantity)
  }
  return merged
}

function count(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

function isFilled(value: unknown): boolean {
  return Object.keys(asDict(value)).length > 0
}
