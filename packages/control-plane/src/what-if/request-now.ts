// What is asked for a binding, with all that others have to do with it, as the hub shows it now.
import type { Placement } from '@flotilla/api/placement'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf } from '@flotilla/machinery/object'
import { isBoundByRoom } from '@flotilla/scheduler/mode'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { grantOf } from '../binding/preemption/consent.ts'
import { Yields } from '../binding/preemption/yields.ts'
import { requestFor } from '../binding/request.ts'
import type { Binding } from '../hub.ts'
import { readNeighbours } from './read-neighbours.ts'
import { listBindings, listClusterBindings } from './template-bindings.ts'

export async function requestNow(hub: KubeApi, binding: Binding, placement: Placement): Promise<ScheduleRequest> {
  const [neighbours, yields] = await Promise.all([
    readNeighbours(hub, binding),
    isBoundByRoom(placement) ? readYields(hub, binding) : undefined,
  ])
  const grant = grantOf(binding)
  return {
    ...requestFor(binding, placement),
    ...(neighbours && { neighbours }),
    ...(yields && { yields }),
    ...(grant && { grant }),
  }
}

async function readYields(hub: KubeApi, binding: Binding): Promise<ScheduleRequest['yields']> {
  const [local, wide] = await Promise.all([listBindings(hub), listClusterBindings(hub)])
  const yields = new Yields()
  for (const each of [...local, ...wide]) yields.follow(keyOf(each.metadata), each)
  return yields.of(keyOf(binding.metadata), binding)
}
