// Deletes what nobody owns any more: follows owner references by uid, in background, foreground or orphaning.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject, OwnerReference } from '@flotilla/machinery/object'
import { parseApiVersion } from '@flotilla/machinery/resource'
import type { ServedResource } from '../served-resource.ts'
import { storedResource, storeKey } from '../storage-forms.ts'
import type { StoreEvent, Stored } from '../store/store.ts'
import { resourceOfKey } from '../store/store.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { keyOfStored, resourcesByStoreName, systemContext } from './deps.ts'
import { dropFinalizer, manager } from './drop-finalizer.ts'
import { startKeyLoop } from './key-loop.ts'
import { OwnerGraph } from './owner-graph.ts'

const context = systemContext('system:serviceaccount:kube-system:generic-garbage-collector')

interface Collector extends HousekeepingDeps {
  readonly graph: OwnerGraph
  readonly served: (storeName: string) => ServedResource | undefined
  readonly again: (key: string) => void
}

export function startGarbageCollector(deps: HousekeepingDeps): Housekeeper {
  const { env, store, catalog } = deps
  const graph = new OwnerGraph()
  const loop = startKeyLoop(env, 'garbage-collector', (key) => collect(collector, key))
  const collector: Collector = { ...deps, graph, served: resourcesByStoreName(catalog), again: loop.add }

  function note(event: StoreEvent) {
    if (event.type === 'DELETED') {
      for (const key of graph.remove(event)) loop.add(key)
      return
    }
    const { ownerReferences, deletionTimestamp } = event.object.metadata
    graph.put(event)
    if (ownerReferences?.length || deletionTimestamp) loop.add(event.key)
  }

  for (const resource of catalog.storedResources()) {
    for (const stored of store.list({ prefix: `${storedResource(resource)}/` }).items)
      note({ ...stored, type: 'ADDED' })
  }
  const unfollow = store.subscribe(undefined, note)
  return {
    stop() {
      unfollow()
      loop.stop()
    },
  }
}

async function collect(collector: Collector, key: string): Promise<void> {
  const stored = collector.store.get(key)
  const resource = collector.served(resourceOfKey(key))
  if (stored === undefined || resource === undefined) return
  try {
    const { deletionTimestamp, finalizers = [] } = stored.object.metadata
    if (deletionTimestamp && finalizers.includes('orphan')) return await orphan(collector, resource, stored)
    if (deletionTimestamp && finalizers.includes('foregroundDeletion'))
      await deleteDependents(collector, resource, stored)
    if (!deletionTimestamp) await deleteIfUnowned(collector, resource, stored)
  } catch (error) {
    if (isError(error, 'NotFound')) return
    if (!isError(error, 'Conflict')) throw error
    collector.again(key)
  }
}

/** The dependents lose this owner, then the owner loses the finalizer. */
async function orphan(collector: Collector, resource: ServedResource, owner: Stored): Promise<void> {
  const uid = owner.object.metadata.uid ?? ''
  for (const key of collector.graph.dependentsOf(uid)) {
    const dependent = collector.store.get(key)
    if (dependent !== undefined) await dropOwners(collector, dependent, new Set([uid]))
  }
  await dropFinalizer(collector, context, resource, owner.object, 'orphan')
}

/** The owner waits until no dependent that blocks it is left. */
async function deleteDependents(collector: Collector, resource: ServedResource, owner: Stored): Promise<void> {
  const uid = owner.object.metadata.uid ?? ''
  let isBlocked = false
  for (const key of collector.graph.dependentsOf(uid)) {
    const dependent = collector.store.get(key)
    if (dependent === undefined) continue
    const reference = dependent.object.metadata.ownerReferences?.find((one) => one.uid === uid)
    if (reference?.blockOwnerDeletion) isBlocked = true
    if (!dependent.object.metadata.deletionTimestamp) collector.again(key)
  }
  if (!isBlocked) await dropFinalizer(collector, context, resource, owner.object, 'foregroundDeletion')
}

async function deleteIfUnowned(collector: Collector, resource: ServedResource, stored: Stored): Promise<void> {
  const { ownerReferences = [], uid = '', finalizers = [] } = stored.object.metadata
  if (ownerReferences.length === 0) return
  const states = ownerReferences.map(
    (reference) => [reference, ownerState(collector, resource, stored.object, reference)] as const,
  )
  if (states.some(([, state]) => state === 'unknown')) return
  const gone = states.filter(([, state]) => state !== 'solid').map(([reference]) => reference.uid)
  if (gone.length === 0) return
  if (gone.length < states.length) return dropOwners(collector, stored, new Set(gone))
  const isWaitedFor = states.some(([, state]) => state === 'waiting') && collector.graph.dependentsOf(uid).size > 0
  const propagationPolicy = finalizers.includes('orphan')
    ? 'Orphan'
    : finalizers.includes('foregroundDeletion') || isWaitedFor
      ? 'Foreground'
      : 'Background'
  const preconditions = { uid }
  await collector.operations.delete(context, resource, keyOfStored(stored.object), { preconditions, propagationPolicy })
}

/** waiting: deleted in the foreground, its dependents first. unknown: of a kind that is not served, so nobody can tell. */
type OwnerState = 'solid' | 'absent' | 'waiting' | 'unknown'

function ownerState(
  collector: Collector,
  dependentResource: ServedResource,
  dependent: KubeObject,
  reference: OwnerReference,
): OwnerState {
  const { group } = parseApiVersion(reference.apiVersion)
  const resource = collector.catalog.findKind(reference.apiVersion, reference.kind)
  if (resource === undefined || resource.group !== group) return 'unknown'
  const { namespace } = dependent.metadata
  if (resource.namespaced && !namespace) {
    warnOfNamespace(collector, dependentResource, dependent, reference)
    return 'unknown'
  }
  const key = resource.namespaced && namespace ? { name: reference.name, namespace } : { name: reference.name }
  const owner = collector.store.get(storeKey(resource, key))
  if (owner === undefined || owner.object.metadata.uid !== reference.uid) {
    if (collector.graph.has(reference.uid)) warnOfNamespace(collector, dependentResource, dependent, reference)
    return 'absent'
  }
  const { deletionTimestamp, finalizers } = owner.object.metadata
  return deletionTimestamp && finalizers?.includes('foregroundDeletion') ? 'waiting' : 'solid'
}

function warnOfNamespace(
  { env }: Collector,
  resource: ServedResource,
  dependent: KubeObject,
  owner: OwnerReference,
): void {
  const { name, namespace } = dependent.metadata
  const fields = { resource: resource.plural, name, namespace, owner: `${owner.kind}/${owner.name}`, uid: owner.uid }
  env.log.warn(fields, `OwnerRefInvalidNamespace: the owner does not exist in namespace "${namespace ?? ''}"`)
}

async function dropOwners(
  { operations, served }: Collector,
  dependent: Stored,
  uids: ReadonlySet<string>,
): Promise<void> {
  const resource = served(resourceOfKey(dependent.key))
  if (resource === undefined) return
  const { uid, resourceVersion, ownerReferences = [] } = dependent.object.metadata
  const kept = ownerReferences.filter((reference) => !uids.has(reference.uid))
  const patch = { metadata: { uid, resourceVersion, ownerReferences: kept.length > 0 ? kept : null } }
  await operations.patch(
    context,
    resource,
    keyOfStored(dependent.object),
    { type: 'merge', patch },
    { fieldManager: manager },
  )
}
