// Objects on a member that carry our label and that nothing on the hub claims: found, and deleted one by one.
import type { Cluster, Orphan } from '@flotilla/api/cluster'
import { hubLabel } from '@flotilla/api/group'
import { isClaimed } from '@flotilla/control-plane/cluster/orphans/claimed'
import { isDerived } from '@flotilla/control-plane/members/row'
import { displayId, objectIdOf, type ObjectId } from '@flotilla/control-plane/object-id'
import { listBindings, listClusterBindings } from '@flotilla/control-plane/what-if/template-bindings'
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { groupResourceOf, type Resource } from '@flotilla/machinery/resource'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { checkClaim, neverDeleted } from '../clusters/delete-placed.ts'

export interface Place {
  /** The hub. */
  readonly hub: KubeApi
  readonly hubId: string
  /** The member. */
  readonly api: KubeApi
  readonly cluster: Cluster
}

export interface Choice {
  readonly namespace?: string | undefined
  /** Label selector of the objects. */
  readonly selector?: string | undefined
  /** None: all but those that hold more than we put there. */
  readonly kinds?: readonly Resource[] | undefined
}

export interface Orphaned {
  readonly id: ObjectId
  readonly resource: Resource
  readonly object: KubeObject
  /** Whether the hub has seen it unclaimed for long enough; what is only just unclaimed may be claimed again. */
  readonly isReported: boolean
}

/** By kind, as the member lists them. @throws Unavailable when the member does not tell all that it serves. */
export async function findOrphaned(place: Place, choice: Choice): Promise<readonly Orphaned[]> {
  const found: Omit<Orphaned, 'isReported'>[] = []
  const labels = [`${hubLabel}=${place.hubId}`, ...(choice.selector === undefined ? [] : [choice.selector])]
  for (const resource of await resourcesOf(place.api, choice)) {
    const within = choice.namespace === undefined ? {} : { namespace: choice.namespace }
    const { items } = await place.api.list(resource, { ...within, labelSelector: labels.join(',') })
    for (const object of items) found.push({ id: idOf(object), resource, object })
  }
  const unclaimed = await unclaimedOf(place, found)
  const { count = 0, oldest = [] } = place.cluster.status?.orphans ?? {}
  const reported = new Set(oldest.map(idOfOrphan))
  // The hub names the oldest alone. Where it counts more than it names, others are among those that it counts.
  const isAll = count > oldest.length && count >= unclaimed.length
  return unclaimed.map((each) => ({ ...each, isReported: isAll || reported.has(each.id) }))
}

/** Undefined: it is deleted. Else why it stays. */
export async function removeOrphaned(place: Place, { id, resource, object }: Orphaned): Promise<string | undefined> {
  const { name, namespace, uid } = object.metadata
  const key = namespace === undefined ? { name } : { namespace, name }
  const live = await place.api.get(resource, key).catch(noneIfGone)
  if (!live) return 'it is gone'
  if (live.metadata.uid !== uid || live.metadata.labels?.[hubLabel] !== place.hubId) return 'it is another by now'
  if ((await unclaimedOf(place, [{ id, object: live }])).length === 0) return 'it is claimed again'
  await checkClaim(place.api, place.hubId)
  const { resourceVersion = '' } = live.metadata
  try {
    const preconditions = { uid: uid ?? '', resourceVersion }
    await place.api.delete(resource, key, { preconditions, propagationPolicy: 'Background' })
    return undefined
  } catch (error) {
    if (!isError(error, 'Conflict', 'NotFound')) throw error
    return 'it has just changed'
  }
}

async function resourcesOf(api: KubeApi, { namespace, kinds }: Choice): Promise<readonly Resource[]> {
  const discovery = await discover(api)
  if (discovery.incompleteGroups.length > 0) {
    const groups = discovery.incompleteGroups.join(', ')
    throw new FlotillaError(
      'Unavailable',
      `Cannot tell what is orphaned: the cluster does not tell what ${groups} serves`,
    )
  }
  const named = kinds && new Set(kinds.map(groupResourceOf))
  return discovery.resources.filter((one) => {
    const isServed = one.verbs.includes('list') && one.verbs.includes('delete')
    const isPreferred = discovery.preferred(one.group, one.kind) === one
    const isNamed = named ? named.has(groupResourceOf(one)) : !neverDeleted.has(groupResourceOf(one))
    return isServed && isPreferred && isNamed && (namespace === undefined || one.namespaced)
  })
}

/** As the hub is now. What is on its way out is nobody's matter, nor what goes with another object, and a namespace of the hub may be used again. */
async function unclaimedOf<T extends { readonly id: ObjectId; readonly object: KubeObject }>(
  { hub, cluster }: Place,
  found: readonly T[],
): Promise<readonly T[]> {
  if (found.length === 0) return []
  const only = new Set(found.map(({ object }) => object.metadata.namespace))
  const [namespace] = only
  const [local, wide, { items }] = await Promise.all([
    listBindings(hub, only.size === 1 ? namespace : undefined),
    listClusterBindings(hub),
    hub.list(namespaces),
  ])
  const there = new Set(items.map(({ metadata }) => metadata.name))
  const byObject = new Map<ObjectId, (typeof local)[number][]>()
  for (const binding of [...local, ...wide]) {
    const { workloads, followers = [], removals = [] } = binding.spec
    const refs = [...workloads, ...followers].map(({ ref }) => ref)
    for (const id of new Set([...refs, ...removals.map(({ object }) => object)].map(objectIdOf))) {
      byObject.set(id, [...(byObject.get(id) ?? []), binding])
    }
  }
  return found.filter(({ id, object }) => {
    if (object.metadata.deletionTimestamp !== undefined || isDerived(object)) return false
    if (object.kind === 'Namespace' && there.has(object.metadata.name)) return false
    return !isClaimed(byObject.get(id) ?? [], id, cluster.spec.id)
  })
}

export function titleOf({ id }: Pick<Orphaned, 'id'>): string {
  return displayId(id)
}

function idOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectId {
  return objectIdOf({ apiVersion, kind, name, namespace })
}

function idOfOrphan({ group, kind, namespace, name }: Orphan): ObjectId {
  return objectIdOf({ apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, namespace, name })
}

function noneIfGone(error: unknown): undefined {
  if (!isError(error, 'NotFound')) throw error
}
