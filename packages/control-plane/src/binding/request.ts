// What the scheduler is asked for a binding: by its controller, and by whoever foretells or explains its answer. Pure.
import type { Placement } from '@flotilla/api/placement'
import { recordedScores } from '@flotilla/scheduler/cost/scores'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { Binding } from '../hub.ts'
import { withoutRegistrations } from '../registration.ts'
import { goesWhole, isGroup, replicasOf, requirementsOf, runsToEnd } from '../requirements.ts'
import { isGrowthReady } from './scheduler/growth.ts'

/** Goes on from the decision of `before`, whose growth is there if its status says so; by default its own. */
export function requestFor(binding: Binding, placement: Placement, before = binding): ScheduleRequest {
  const { decision } = before.spec
  const { evictions = [] } = binding.spec
  const refs = binding.spec.workloads.map(({ ref }) => ref)
  const [workload] = refs
  const [replicas, requirements] = [replicasOf(binding.spec), requirementsOf(binding.spec)]
  const completions = goesWhole(binding.spec) ? undefined : binding.spec.workloads[0]?.components[0]?.completions
  const scores = recordedScores(placement, decision)
  return {
    templateUID: unitUidOf(binding),
    apiVersion: workload?.apiVersion ?? '',
    kind: workload?.kind ?? '',
    ...(workload?.namespace === undefined ? {} : { namespace: workload.namespace }),
    ...(workload === undefined ? {} : { name: workload.name }),
    ...(isGroup(binding.spec) ? { alongWith: refs } : {}),
    placement,
    isGrowthReady: isGrowthReady(before),
    ...(evictions.length > 0 ? { evicted: new Map(evictions.map(({ id, message }) => [id, message])) } : {}),
    ...(replicas === undefined ? {} : { replicas }),
    ...(completions === undefined ? {} : { completions }),
    ...(binding.spec.workloads.some((each) => runsToEnd(each)) && workload?.kind !== 'Job' ? { runsToEnd: true } : {}),
    ...(requirements && { requirements }),
    ...(scores && { scores }),
    ...(decision ? { previous: withoutRegistrations(decision) } : {}),
  }
}

/** A group stays the same whichever workloads come and go. */
function unitUidOf({ spec, metadata }: Binding): string {
  return isGroup(spec) ? `${spec.policy?.uid ?? ''}/${metadata.namespace ?? ''}` : (spec.workloads[0]?.ref.uid ?? '')
}
