// Which templates may differ on members once the hub is another: no others are asked for. Pure.
import type { BindingSpec, DecidedCluster } from '@flotilla/api/resource-binding'
import type { AnyOverridePolicy } from '@flotilla/control-plane/delivery/overrides'
import type { Binding } from '@flotilla/control-plane/hub'
import { kindIdOf, objectIdOf, type ObjectId } from '@flotilla/control-plane/object-id'
import { idOf, isNamespace } from '@flotilla/control-plane/what-if/hub-state'
import { isCluster } from '@flotilla/control-plane/what-if/plan-now'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf } from '@flotilla/machinery/object'
import { isOverride, type Sides } from './hub-views.ts'

type Ref = BindingSpec['workloads'][number]['ref']

/** By id. */
export function concernedBy({ before, after, put, removed, interpreted }: Sides): ReadonlyMap<ObjectId, Ref> {
  const changed = [...put.values()]
  const overrides = [...before.overrides, ...after.overrides]
  // Places and labels of a cluster, and labels of namespaces, decide which overrides apply.
  const areAllMeant = changed.some((object) => isCluster(object) || isNamespace(object))
  const meant = areAllMeant ? overrides : overrides.filter((each) => isChanged(each))
  const kinds = new Set([...interpreted, ...meant.flatMap(({ spec }) => spec.resourceSelectors.map(kindIdOf))])
  const known = new Map(before.bindings.map((binding) => [keyOf(binding.metadata), binding]))
  const next = new Map(after.bindings.map((binding) => [keyOf(binding.metadata), binding]))
  const all = [...new Set([...known.keys(), ...next.keys()])].flatMap((key) => {
    const [one, other] = [known.get(key), next.get(key)]
    const refs = [...refsOf(one), ...refsOf(other)]
    if (!deepEqual(placesOf(one), placesOf(other))) return refs
    return refs.filter((ref) => put.has(objectIdOf(ref)) || removed.has(objectIdOf(ref)) || kinds.has(kindIdOf(ref)))
  })
  return new Map(all.map((ref) => [objectIdOf(ref), ref]))

  function isChanged(policy: AnyOverridePolicy): boolean {
    return isOverride(policy) && (put.has(idOf(policy)) || removed.has(idOf(policy)))
  }
}

function refsOf(binding: Binding | undefined): readonly Ref[] {
  if (binding === undefined) return []
  return [...binding.spec.workloads, ...(binding.spec.followers ?? [])].map(({ ref }) => ref)
}

function placesOf(binding: Binding | undefined) {
  const place = ({ id, replicas, from, completions }: DecidedCluster) => [id, replicas, from, completions]
  return [(binding?.spec.decision?.clusters ?? []).map(place), refsOf(binding).map(objectIdOf)]
}
