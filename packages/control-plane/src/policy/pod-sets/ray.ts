// Ray: a head, groups of workers and, of a RayJob, who submits it. https://docs.ray.io/en/latest/cluster/kubernetes
import { asDict, asDicts, dictAt, type Dict } from '@flotilla/machinery/untyped'
import { count, podTemplate, type PodSet, type PodTemplate } from './pod-set.ts'

export function readRayCluster(spec: Dict): readonly PodSet[] {
  const head = podTemplate(dictAt(spec, 'headGroupSpec', 'template'))
  return [
    { name: 'head', replicas: 1, pod: spec['enableInTreeAutoscaling'] === true ? withAutoscaler(head, spec) : head },
    ...asDicts(spec['workerGroupSpecs']).map(readWorkers),
  ]
}

export function readRayService(spec: Dict): readonly PodSet[] {
  return readRayCluster(dictAt(spec, 'rayClusterConfig'))
}

/** A job for a Ray cluster that is there already runs nothing but who submits it. */
export function readRayJob(spec: Dict): readonly PodSet[] {
  const cluster =
    Object.keys(dictAt(spec, 'clusterSelector')).length > 0 ? [] : readRayCluster(dictAt(spec, 'rayClusterSpec'))
  const mode = spec['submissionMode'] ?? 'K8sJobMode'
  return mode === 'K8sJobMode' ? [...cluster, { name: 'submitter', replicas: 1, pod: submitterOf(spec) }] : cluster
}

/** Suspended groups count: they are resumed without asking anybody. */
function readWorkers(group: Dict, index: number): PodSet {
  const [fewest, most] = [count(group['minReplicas'], 0), count(group['maxReplicas'], Number.POSITIVE_INFINITY)]
  const replicas = Math.max(fewest, Math.min(most, count(group['replicas'], fewest)))
  const pods = count(replicas * Math.max(1, count(group['numOfHosts'], 1)), 0)
  const name = typeof group['groupName'] === 'string' ? group['groupName'] : `workers-${index + 1}`
  return { name, replicas: pods, pod: podTemplate(group['template']) }
}

const autoscaler = { requests: { cpu: '500m', memory: '512Mi' } }

function withAutoscaler({ labels, spec }: PodTemplate, cluster: Dict): PodTemplate {
  const resources = asDict(cluster['autoscalerOptions'])['resources'] ?? autoscaler
  return { labels, spec: { ...spec, containers: [...asDicts(spec['containers']), { resources }] } }
}

const submitter = { containers: [{ resources: { requests: { cpu: '500m', memory: '200Mi' } } }] }

function submitterOf(spec: Dict): PodTemplate {
  return podTemplate(spec['submitterPodTemplate'] ?? { spec: submitter })
}
