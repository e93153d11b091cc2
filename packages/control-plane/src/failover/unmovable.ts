// What must not run twice, or is not worth a move: nobody but a person may move it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { toClusterRow } from '@flotilla/scheduler/snapshot'
import { prepareWeights } from '@flotilla/scheduler/weights'
import type { Binding } from '../hub.ts'
import { isFinishedStatus } from '../members/row.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'
import { runsToEnd } from '../requirements.ts'

export interface Unmovable {
  readonly reason: 'Singleton' | 'Finished' | 'Suspended' | 'Unread'
  readonly message: string
}

export interface Movement {
  readonly binding: Binding
  readonly policy: PropagationSpec
  readonly cluster: Cluster
  template(id: ObjectId): KubeObject | undefined
}

/** Why it stays where it is whatever happens; undefined: it may move. */
export function whyUnmovable({ binding, policy, template: templateOf }: Movement): Unmovable | undefined {
  if (policy.suspension?.dispatching === true) {
    return { reason: 'Suspended', message: 'its policy is suspended (spec.suspension.dispatching)' }
  }
  const { workloads } = binding.spec
  const templates = workloads.map(({ ref }) => templateOf(objectIdOf(ref)))
  if (templates.length === 0 || templates.includes(undefined)) {
    return { reason: 'Unread', message: 'its template is not known now' }
  }
  const hasFinished = workloads.some(
    ({ ref }, index) => ref.kind === 'Job' && isFinishedStatus(valueAt(templates[index], 'status')),
  )
  return hasFinished ? { reason: 'Finished', message: 'it has run to its end' } : undefined
}

/** Why two of it must never run at once; undefined: they may. */
export function whySingleton({ binding, policy, cluster, template }: Movement): Unmovable | undefined {
  const weights = policy.placement?.replicaScheduling?.weightPreference?.staticWeightList
  if (weights && prepareWeights(weights)(toClusterRow(cluster)).max === 1) {
    return singleton(`its maxReplicas on ${cluster.metadata.name} is 1`)
  }
  const job = binding.spec.workloads.find(runsToEnd)
  if (job) return singleton(`what a ${job.ref.kind} has done there is not known: it would be done again`)
  const refs = [...binding.spec.workloads, ...(binding.spec.followers ?? [])].map(({ ref }) => ref)
  for (const ref of refs) {
    const object = template(objectIdOf(ref))
    const claims =
      ref.kind === 'PersistentVolumeClaim' ? [object] : asDicts(valueAt(object, 'spec', 'volumeClaimTemplates'))
    if (claims.some(isOfOneNode))
      return singleton(`${ref.kind} ${ref.name} has a volume that one node at a time may use`)
    if (ref.kind === 'PersistentVolumeClaim' && object === undefined)
      return singleton(`claim ${ref.name} is not known now`)
  }
  return undefined
}

function singleton(message: string): Unmovable {
  return { reason: 'Singleton', message }
}

function isOfOneNode(claim: unknown): boolean {
  const modes = valueAt(claim, 'spec', 'accessModes')
  return Array.isArray(modes) && modes.some((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod')
}
