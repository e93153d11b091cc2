// How well an object is, from its own status: built-in kinds by their rules, anything else by kstatus's.
import { isObject, getPath } from './json.ts'
import type { KubeObject } from './object.ts'
import { parseApiVersion } from './resource.ts'

export type HealthState = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Unknown'

export interface Health {
  readonly state: HealthState
  /** Why, with numbers: `2 of 3 replicas are available`. Empty when there is nothing to say. */
  readonly message: string
}

/**
 * Pure: an object that says nothing of itself (a ConfigMap) is healthy because it exists. `judge` knows its kind better;
 * it is asked only about what is there to stay and has been observed as it is.
 */
export function healthOf(object: KubeObject, judge: (object: KubeObject) => Health = judgeByKind): Health {
  if (object.metadata.deletionTimestamp !== undefined) return progressing('It is being deleted')
  return behind(object) ?? judge(object)
}

function judgeByKind(object: KubeObject): Health {
  const { group } = parseApiVersion(object.apiVersion)
  const rule = Object.hasOwn(rules, `${group}/${object.kind}`) ? rules[`${group}/${object.kind}`] : undefined
  return (rule ?? generic)(object)
}

const healthy: Health = { state: 'Healthy', message: '' }
const progressing = (message: string): Health => ({ state: 'Progressing', message })
const degraded = (message: string): Health => ({ state: 'Degraded', message })
const suspended = (message: string): Health => ({ state: 'Suspended', message })

const rules: Readonly<Record<string, (object: KubeObject) => Health>> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  '/Pod': pod,
  '/Service': service,
  'networking.k8s.io/Ingress': ingress,
  '/PersistentVolumeClaim': volumeClaim,
  'policy/PodDisruptionBudget': disruptionBudget,
  'autoscaling/HorizontalPodAutoscaler': autoscaler,
}

/** The status speaks of an older generation than the object's. */
function behind(object: KubeObject): Health | undefined {
  const observed = getPath(object, ['status', 'observedGeneration'])
  const { generation } = object.metadata
  if (typeof observed !== 'number' || generation === undefined || observed >= generation) return undefined
  return progressing(`Generation ${generation} is not observed yet, ${observed} is`)
}

function deployment(object: KubeObject): Health {
  const condition = conditionOf(object, 'Progressing')
  if (condition?.reason === 'ProgressDeadlineExceeded') return degraded(condition.message)
  const failure = conditionOf(object, 'ReplicaFailure')
  if (failure?.status === 'True') return degraded(failure.message)
  const wanted = spec(object, 'replicas', 1)
  if (getPath(object, ['spec', 'paused']) === true && status(object, 'updatedReplicas') < wanted) {
    return suspended('Its rollout is paused')
  }
  const total = status(object, 'replicas')
  const updated = status(object, 'updatedReplicas')
  if (total > wanted || total > updated) return progressing(`${updated} of ${total} replicas are updated`)
  return (
    counted(wanted, updated, 'updated') ?? counted(wanted, status(object, 'availableReplicas'), 'available') ?? healthy
  )
}

function statefulSet(object: KubeObject): Health {
  const wanted = spec(object, 'replicas', 1)
  const ready = counted(wanted, status(object, 'readyReplicas'), 'ready')
  if (ready !== undefined) return ready
  if (getPath(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return healthy
  const partition = numberAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'], 0)
  return counted(Math.max(0, wanted - partition), status(object, 'updatedReplicas'), 'updated') ?? healthy
}

function daemonSet(object: KubeObject): Health {
  const wanted = status(object, 'desiredNumberScheduled')
  if (status(object, 'observedGeneration') === 0) return progressing('It has not been observed yet')
  const updates = getPath(object, ['spec', 'updateStrategy', 'type']) !== 'OnDelete'
  const updated = updates ? counted(wanted, status(object, 'updatedNumberScheduled'), 'updated') : undefined
  return updated ?? counted(wanted, status(object, 'numberAvailable'), 'available') ?? healthy
}

function replicaSet(object: KubeObject): Health {
  const failure = conditionOf(object, 'ReplicaFailure')
  if (failure?.status === 'True') return degraded(failure.message)
  return counted(spec(object, 'replicas', 1), status(object, 'availableReplicas'), 'available') ?? healthy
}

function counted(wanted: number, have: number, adjective: string): Health | undefined {
  return have >= wanted ? undefined : progressing(`${have} of ${wanted} replicas are ${adjective}`)
}

function job(object: KubeObject): Health {
  const failed = conditionOf(object, 'Failed')
  if (failed?.status === 'True') return degraded(failed.message)
  if (conditionOf(object, 'Complete')?.status === 'True') return healthy
  if (getPath(object, ['spec', 'suspend']) === true) return suspended('It is suspended')
  const done = status(object, 'succeeded')
  return progressing(`${done} of ${spec(object, 'completions', 1)} completions, ${status(object, 'active')} active`)
}

function cronJob(object: KubeObject): Health {
  return getPath(object, ['spec', 'suspend']) === true ? suspended('It is suspended') : healthy
}

function pod(object: KubeObject): Health {
  const phase = getPath(object, ['status', 'phase'])
  if (phase === 'Succeeded') return healthy
  if (phase === 'Failed') return degraded(text(getPath(object, ['status', 'message'])) || 'It failed')
  const stuck = waitingReason(object)
  if (stuck !== undefined) return degraded(stuck)
  if (phase === 'Running' && conditionOf(object, 'Ready')?.status === 'True') return healthy
  const unscheduled = conditionOf(object, 'PodScheduled')
  if (unscheduled?.reason === 'Unschedulable') return degraded(unscheduled.message)
  return progressing(phase === 'Running' ? 'Its containers are not ready' : 'It is pending')
}

/** A container that will not start by waiting: a wrong image, a crash loop. */
function waitingReason(object: KubeObject): string | undefined {
  const lists = ['initContainerStatuses', 'containerStatuses'].map((field) => getPath(object, ['status', field]))
  for (const container of lists.flatMap((list) => (Array.isArray(list) ? list : []))) {
    const reason = text(getPath(container, ['state', 'waiting', 'reason']))
    if (/BackOff|^Err|^Invalid|Error$/.test(reason)) return `Container ${text(getPath(container, ['name']))}: ${reason}`
  }
  return undefined
}

function service(object: KubeObject): Health {
  if (getPath(object, ['spec', 'type']) !== 'LoadBalancer') return healthy
  return hasAddress(object) ? healthy : progressing('Its load balancer has no address yet')
}

/** Many ingress controllers never write an address, so its absence is told but is no fault. */
function ingress(object: KubeObject): Health {
  return hasAddress(object) ? healthy : { state: 'Healthy', message: 'It has no address' }
}

function hasAddress(object: KubeObject): boolean {
  const addresses = getPath(object, ['status', 'loadBalancer', 'ingress'])
  return Array.isArray(addresses) && addresses.length > 0
}

function volumeClaim(object: KubeObject): Health {
  const phase = text(getPath(object, ['status', 'phase']))
  if (phase === 'Bound') return healthy
  return phase === 'Lost' ? degraded('Its volume is lost') : progressing('It is not bound to a volume yet')
}

function disruptionBudget(object: KubeObject): Health {
  const observed = getPath(object, ['status', 'observedGeneration'])
  if (observed === undefined) return progressing('It has not been observed yet')
  const current = status(object, 'currentHealthy')
  const wanted = status(object, 'desiredHealthy')
  return current >= wanted ? healthy : degraded(`${current} of ${wanted} pods that it protects are healthy`)
}

function autoscaler(object: KubeObject): Health {
  const able = conditionOf(object, 'AbleToScale')
  if (able?.status === 'False') return degraded(able.message)
  const active = conditionOf(object, 'ScalingActive')
  if (active?.status !== 'False') return able === undefined ? progressing('It has no status yet') : healthy
  return active.reason === 'ScalingDisabled' ? suspended(active.message) : degraded(active.message)
}

/** kstatus: Stalled and Reconciling first, then Ready or Available; an object without conditions is what it is. */
function generic(object: KubeObject): Health {
  const stalled = conditionOf(object, 'Stalled')
  if (stalled?.status === 'True') return degraded(stalled.message || stalled.reason)
  const reconciling = conditionOf(object, 'Reconciling')
  if (reconciling?.status === 'True') return progressing(reconciling.message || reconciling.reason)
  const ready = conditionOf(object, 'Ready') ?? conditionOf(object, 'Available')
  if (ready === undefined || ready.status === 'True') return healthy
  const message = ready.message || ready.reason
  return ready.status === 'False' ? progressing(message) : { state: 'Unknown', message }
}

interface Condition {
  readonly status: string
  readonly reason: string
  readonly message: string
}

function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const conditions = getPath(object, ['status', 'conditions'])
  if (!Array.isArray(conditions)) return undefined
  const found = conditions.find((condition) => isObject(condition) && condition['type'] === type)
  if (!isObject(found)) return undefined
  return { status: text(found['status']), reason: text(found['reason']), message: text(found['message']) }
}

function status(object: KubeObject, field: string): number {
  return numberAt(object, ['status', field], 0)
}

function spec(object: KubeObject, field: string, absent: number): number {
  return numberAt(object, ['spec', field], absent)
}

function numberAt(object: KubeObject, path: readonly string[], absent: number): number {
  const value = getPath(object, path)
  return typeof value === 'number' ? value : absent
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
