// What of a template is divided: its replicas and what each of them needs. Pure.
import type { ReplicaRequirements, Workload } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict, dictAt } from '@flotilla/machinery/untyped'
import { podRequest } from '../pod-request.ts'
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

function count(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

function isFilled(value: unknown): boolean {
  return Object.keys(asDict(value)).length > 0
}
