// What of a template is divided: its replicas and what each of them needs. Pure.
import type { ReplicaRequirements, Workload } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict, dictAt } from '@flotilla/machinery/untyped'
import { podRequest } from '../pod-request.ts'
import { count, type PodTemplate } from '../interpreter/pod-set.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { podTemplatesOf } from './pod-template.ts'

type Component = Workload['components'][number]

/** Kinds whose `spec.replicas` is divided. A DaemonSet or a CronJob goes whole to each cluster. */
const replicated = new Set([
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'apps/v1/ReplicaSet',
  'v1/ReplicationController',
])

/**
 * The components of `template`: one without a name for a workload with replicas or a Job, one by name for each part of
 * a kind that has several, none for an object that goes whole. Of kinds that the hub does not know `rules` tell.
 * Replicas default to 1 as the API server defaults them. Throws RuleFailure where an Interpreter does not tell.
 */
export function componentsOf(template: KubeObject, rules: RuleLookup): readonly Component[] {
  const type = `${template.apiVersion}/${template.kind}`
  const spec = asDict(template['spec'])
  if (replicated.has(type)) return [component(template, count(spec['replicas'], 1), rules)]
  if (type !== 'batch/v1/Job') return componentsByRule(template, rules)
  const completions = spec['completions']
  const base = component(template, count(spec['parallelism'], 1), rules)
  return [typeof completions === 'number' ? { ...base, completions } : base]
}

/** Those of a gang have names: it goes whole, and a cluster must have room for all of it. */
function componentsByRule(template: KubeObject, rules: RuleLookup): readonly Component[] {
  const known = rules.rulesFor(template)
  const replicas = known?.replicas(template)
  if (replicas !== undefined) return [component(template, replicas, rules)]
  return (known?.components(template) ?? []).map(({ name, replicas: pods, pod }) => {
    return { name, replicas: pods, replicaRequirements: requirementsOf(pod) }
  })
}

function component(template: KubeObject, replicas: number, rules: RuleLookup): Component {
  const [pod] = podTemplatesOf(template, rules)
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

function isFilled(value: unknown): boolean {
  return Object.keys(asDict(value)).length > 0
}
