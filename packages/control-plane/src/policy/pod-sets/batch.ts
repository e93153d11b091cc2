// Batch kinds of many roles: Volcano, JobSet, LeaderWorkerSet and the training jobs of Kubeflow.
import { asDicts, dictAt, valueAt, type Dict } from '@flotilla/machinery/untyped'
import { count, entriesOf, podTemplate, type PodSet, type ReadPodSets } from './pod-set.ts'

/** https://volcano.sh/en/docs/vcjob */
export function readVolcanoJob(spec: Dict): readonly PodSet[] {
  return asDicts(spec['tasks']).map((task, index) => ({
    name: nameOf(task, `default${index}`),
    replicas: count(task['replicas'], 1),
    pod: podTemplate(task['template']),
  }))
}

/** https://jobset.sigs.k8s.io: each replica is a Job, whose parallelism is its pods. */
export function readJobSet(spec: Dict): readonly PodSet[] {
  return asDicts(spec['replicatedJobs']).map((job, index) => {
    const one = dictAt(job, 'template', 'spec')
    const replicas = count(count(job['replicas'], 1) * count(one['parallelism'], 1), 0)
    return { name: nameOf(job, `job${index}`), replicas, pod: podTemplate(one['template']) }
  })
}

/** https://lws.sigs.k8s.io: each replica is a group of `size` pods, the first of which leads. */
export function readLeaderWorkerSet(spec: Dict): readonly PodSet[] {
  const { leaderTemplate, workerTemplate, size } = dictAt(spec, 'leaderWorkerTemplate')
  const groups = count(spec['replicas'], 1)
  return [
    { name: 'leader', replicas: groups, pod: podTemplate(leaderTemplate ?? workerTemplate) },
    { name: 'workers', replicas: count(groups * (count(size, 1) - 1), 0), pod: podTemplate(workerTemplate) },
  ]
}

/** https://www.kubeflow.org/docs/components/trainer/legacy-v1: roles by name in `field`. */
export function readTrainingJob(field: string): ReadPodSets {
  return (spec) =>
    entriesOf(valueAt(spec, field)).map(([role, replicaSpec]) => ({
      name: role.toLowerCase(),
      replicas: count(replicaSpec['replicas'], 1),
      pod: podTemplate(replicaSpec['template']),
    }))
}

function nameOf({ name }: Dict, fallback: string): string {
  return typeof name === 'string' && name !== '' ? name : fallback
}
