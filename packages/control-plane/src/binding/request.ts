// What the scheduler is asked for a binding: by its controller, and by whoever foretells or explains its answer. Pure.
import type { Placement } from '@flotilla/api/placement'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { Binding } from '../hub.ts'
import { withoutRegistrations } from '../registration.ts'
import { replicasOf, requirementsOf } from '../requirements.ts'
import { isGrowthReady } from './scheduler/growth.ts'

/** Goes on from the decision of `before`, whose growth is there if its status says so; by default its own. */
export function requestFor(binding: Binding, placement: Placement, before = binding): ScheduleRequest {
  const { decision } = before.spec
  const { evictions = [] } = binding.spec
  const [workload] = binding.spec.workloads
  const components = workload?.components ?? []
  const [component] = components
  const [replicas, requirements] = [replicasOf(components), requirementsOf(components)]
  return {
    templateUID: workload?.ref.uid ?? '',
    apiVersion: workload?.ref.apiVersion ?? '',
    kind: workload?.ref.kind ?? '',
    ...(workload?.ref.namespace === undefined ? {} : { namespace: workload.ref.namespace }),
    ...(workload === undefined ? {} : { name: workload.ref.name }),
    placement,
    isGrowthReady: isGrowthReady(before),
    ...(evictions.length > 0 ? { evicted: new Map(evictions.map(({ id, message }) => [id, message])) } : {}),
    ...(replicas === undefined ? {} : { replicas }),
    ...(component?.completions === undefined ? {} : { completions: component.completions }),
    ...(requirements && { requirements }),
    ...(decision ? { previous: withoutRegistrations(decision) } : {}),
  }
}
