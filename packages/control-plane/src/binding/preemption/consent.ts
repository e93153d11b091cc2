// What bindings say of giving way: who may have others do so, and what is recorded of it. Pure.
import type { Preemption } from '@flotilla/api/preemption'
import type { Grant } from '@flotilla/scheduler/request'
import type { Binding } from '../../hub.ts'
import { displayId, objectIdOf } from '../../object-id.ts'

/** Policy and class allow it now, as far as the binding says. */
export function isAllowed({ metadata, spec }: Binding): boolean {
  const isLive = metadata.deletionTimestamp === undefined && spec.policy !== undefined
  return isLive && spec.schedulePriority?.preemptionPolicy === 'PreemptLowerPriority'
}

/** What has been recorded and has not ended. */
export function openPreemption({ spec: { preemption } }: Binding): Preemption | undefined {
  return preemption?.ended === undefined ? preemption : undefined
}

/** Room that others have left for it. */
export function grantOf(binding: Binding): Grant | undefined {
  const open = openPreemption(binding)
  if (open?.freed === undefined || !isAllowed(binding)) return undefined
  return { clusterId: open.id, replicas: open.replicas }
}

export function priorityOf({ spec }: Binding): number {
  return spec.schedulePriority?.priority ?? 0
}

/** E.g. `Deployment shop/web (priority 1000)`. */
export function nameOf(binding: Binding): string {
  const [workload] = binding.spec.workloads
  return `${workload ? displayId(objectIdOf(workload.ref)) : binding.metadata.name} (priority ${priorityOf(binding)})`
}
