// Kinds of several components: which pods each will run. Where the table ends, an object goes whole and unknown.
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict } from '@flotilla/machinery/untyped'
import { kindIdOf, type KindId } from '../../object-id.ts'
import { readJobSet, readLeaderWorkerSet, readTrainingJob, readVolcanoJob } from './batch.ts'
import { readFlinkDeployment } from './flink.ts'
import type { PodSet, ReadPodSets } from './pod-set.ts'
import { readRayCluster, readRayJob, readRayService } from './ray.ts'

const readers: Readonly<Record<KindId, ReadPodSets>> = {
  'ray.io/RayCluster': readRayCluster,
  'ray.io/RayJob': readRayJob,
  'ray.io/RayService': readRayService,
  'flink.apache.org/FlinkDeployment': readFlinkDeployment,
  'batch.volcano.sh/Job': readVolcanoJob,
  'jobset.x-k8s.io/JobSet': readJobSet,
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': readLeaderWorkerSet,
  'kubeflow.org/TFJob': readTrainingJob('tfReplicaSpecs'),
  'kubeflow.org/PyTorchJob': readTrainingJob('pytorchReplicaSpecs'),
  'kubeflow.org/MPIJob': readTrainingJob('mpiReplicaSpecs'),
  'kubeflow.org/XGBoostJob': readTrainingJob('xgbReplicaSpecs'),
  'kubeflow.org/PaddleJob': readTrainingJob('paddleReplicaSpecs'),
}

/** Undefined for kinds that have no components of their own. */
export function podSetsOf(template: KubeObject): readonly PodSet[] | undefined {
  return readers[kindIdOf(template)]?.(asDict(template['spec']))
}
