// The other workloads that matter to where one may go, as the bindings and policies of the hub show them now.
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import { Neighbourhood } from '../binding/scheduler/neighbourhood.ts'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf } from '@flotilla/machinery/object'
import type { Neighbours } from '@flotilla/scheduler/neighbours'
import type { Binding } from '../hub.ts'
import { listBindings, listClusterBindings } from './template-bindings.ts'

/** Undefined where nobody has a rule that matters to it. */
export async function readNeighbours(hub: KubeApi, binding: Binding): Promise<Neighbours | undefined> {
  const { namespace } = binding.metadata
  const [local, wide] = await Promise.all([
    namespace === undefined ? { items: [] } : hub.list<PropagationPolicy>(propagationPolicyResource, { namespace }),
    hub.list<PropagationPolicy>(clusterPropagationPolicyResource),
  ])
  const rules = new Map(
    [...local.items, ...wide.items].map(({ metadata, spec }) => [metadata.uid, spec.placement?.workloadAffinity]),
  )
  if ([...rules.values()].every((each) => each === undefined)) return undefined
  const bindings = await (namespace === undefined ? listClusterBindings(hub) : listBindings(hub, namespace))
  const neighbourhood = new Neighbourhood()
  for (const each of bindings) neighbourhood.follow(keyOf(each.metadata), each, rules.get(each.spec.policy?.uid))
  return neighbourhood.of(keyOf(binding.metadata), binding)
}
