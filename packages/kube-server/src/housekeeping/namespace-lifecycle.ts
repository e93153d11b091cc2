// Empties a namespace some time after it was deleted, says what still holds it, and lets it go when nothing does.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { ServedResource } from '../served-resource.ts'
import { storePrefix } from '../storage-forms.ts'
import type { StoreEvent } from '../store/store.ts'
import { resourceOfKey } from '../store/store.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { keyOfStored, systemContext } from './deps.ts'
import { manager } from './drop-finalizer.ts'
import { startKeyLoop } from './key-loop.ts'

const context = systemContext('system:serviceaccount:kube-system:namespace-controller')

/**
 * Until a namespace that was deleted is emptied. Upstream waits five seconds; who deletes a folder of manifests with
 * the namespace first counts on finding the rest.
 */
const graceMs = 2000

interface Namespace extends KubeObject {
  readonly spec?: { readonly finalizers?: readonly string[] }
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime?: string
}

export function startNamespaceLifecycle(deps: HousekeepingDeps): Housekeeper {
  const { env, store } = deps
  /** Namespaces that are being deleted, and whether their time has come. */
  const due = new Map<string, boolean>()
  const loop = startKeyLoop(env, 'namespace-lifecycle', (name) => empty(deps, name))

  function note(event: StoreEvent) {
    const { name, namespace, deletionTimestamp } = event.object.metadata
    if (resourceOfKey(event.key) !== 'namespaces') {
      if (event.type === 'DELETED' && namespace && due.get(namespace)) loop.add(namespace)
      return
    }
    if (event.type === 'DELETED') due.delete(name)
    else if (due.get(name)) loop.add(name)
    else if (deletionTimestamp && !due.has(name)) wait(name)
  }

  function wait(name: string) {
    due.set(name, false)
    env.timers.after(graceMs, () => {
      if (!due.has(name)) return
      due.set(name, true)
      loop.add(name)
    })
  }

  for (const stored of store.list({ prefix: 'namespaces/' }).items) note({ ...stored, type: 'ADDED' })
  const unfollow = store.subscribe(undefined, note)
  return {
    stop() {
      unfollow()
      loop.stop()
    },
  }
}

async function empty(deps: HousekeepingDeps, name: string): Promise<void> {
  const namespace = deps.store.get(`namespaces/${name}`)?.object as Namespace | undefined
  if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes('kubernetes')) return
  const resources = deps.catalog.storedResources().filter(({ namespaced }) => namespaced)
  for (const resource of resources) await deleteAll(deps, resource, name)
  const remaining = resources.map((resource) => remainder(deps, resource, name)).filter(({ count }) => count > 0)
  if (remaining.length > 0) return void (await report(deps, namespace, remaining))
  // Who finalizes it as well sees that it is empty.
  const isHeld = namespace.spec.finalizers.length > 1
  await letGo(deps, (isHeld ? await report(deps, namespace, []) : undefined) ?? namespace)
}

async function deleteAll(
  { store, operations }: HousekeepingDeps,
  resource: ServedResource,
  namespace: string,
): Promise<void> {
  const living = store
    .list({ prefix: storePrefix(resource, namespace) })
    .items.filter(({ object }) => !object.metadata.deletionTimestamp)
  const deletes = living.map(({ object }) =>
    operations
      .delete(context, resource, keyOfStored(object), { propagationPolicy: 'Background' })
      .catch((error: unknown) => {
        if (!isError(error, 'NotFound')) throw error
      }),
  )
  await Promise.all(deletes)
}

interface Remainder {
  readonly resource: string
  readonly count: number
  readonly finalizers: readonly string[]
}

function remainder({ store }: HousekeepingDeps, resource: ServedResource, namespace: string): Remainder {
  const { items } = store.list({ prefix: storePrefix(resource, namespace) })
  const finalizers = items.flatMap(({ object }) => object.metadata.finalizers ?? [])
  return { resource: `${resource.plural}.${resource.group}`, count: items.length, finalizers }
}

async function report(
  { env, operations, catalog }: HousekeepingDeps,
  namespace: Namespace,
  left: readonly Remainder[],
): Promise<Namespace | undefined> {
  const resource = catalog.find('', 'v1', 'namespaces')
  if (resource === undefined) return undefined
  const now = timestamp(env.clock.now())
  const old = namespace.status?.conditions ?? []
  const conditions = conditionsOf(left).map((one) => {
    const before = old.find(({ type }) => type === one.type)
    const isSame = before?.status === one.status
    return { ...one, lastTransitionTime: isSame ? (before.lastTransitionTime ?? now) : now }
  })
  const object = { ...namespace, status: { ...namespace.status, conditions } }
  const written = await ignoringConflict(
    operations.update(context, resource, { name: namespace.metadata.name }, object, {
      subresource: 'status',
      fieldManager: manager,
    }),
  )
  return written?.object as Namespace | undefined
}

function conditionsOf(left: readonly Remainder[]): readonly Condition[] {
  const resources = left.map(({ resource, count }) => `${resource} has ${count} resource instances`).join(', ')
  const counts = new Map<string, number>()
  for (const { finalizers } of left) for (const one of finalizers) counts.set(one, (counts.get(one) ?? 0) + 1)
  const finalizers = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).join(', ')
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    left.length === 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${resources}`,
        },
    finalizers === ''
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers}`,
        },
  ]
}

async function letGo({ operations, catalog }: HousekeepingDeps, namespace: Namespace): Promise<void> {
  const resource = catalog.find('', 'v1', 'namespaces')
  if (resource === undefined) return
  const finalizers = namespace.spec?.finalizers?.filter((one) => one !== 'kubernetes') ?? []
  const object = { ...namespace, spec: { ...namespace.spec, finalizers } }
  await ignoringConflict(
    operations.update(context, resource, { name: namespace.metadata.name }, object, {
      subresource: 'finalize',
      fieldManager: manager,
    }),
  )
}

/** Whoever was faster wrote an event, which brings the key back. */
async function ignoringConflict<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (!isError(error, 'Conflict', 'NotFound')) throw error
    return undefined
  }
}
