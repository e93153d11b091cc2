// Where each kind keeps the pod that it runs.
import type { KindId } from './object-id.ts'

const paths: Readonly<Record<KindId, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  '/ReplicationController': ['spec', 'template'],
  '/Pod': [],
}

/** Path from an object to its pod template; undefined for kinds that run no pods. */
export function podPathOf(kind: KindId): readonly string[] | undefined {
  return paths[kind]
}
