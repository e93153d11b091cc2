// Deletes the objects of a CustomResourceDefinition that is being deleted, then lets the definition go.
import { isError } from '@flotilla/machinery/errors'
import type { CustomResourceDefinition } from '../custom-resources/definition.ts'
import { cleanupFinalizer, definitionsResource } from '../custom-resources/definition.ts'
import type { StoreEvent } from '../store/store.ts'
import { resourceOfKey } from '../store/store.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { keyOfStored, resourcesByStoreName, systemContext } from './deps.ts'
import { startKeyLoop } from './key-loop.ts'

const context = systemContext('system:apiserver')

export function startDefinitionCleanup(deps: HousekeepingDeps): Housekeeper {
  const { env, store } = deps
  const going = new Set<string>()
  const served = resourcesByStoreName(deps.catalog)
  const loop = startKeyLoop(env, 'definition-cleanup', (name) => cleanUp(deps, served, name))

  function note(event: StoreEvent) {
    const resource = resourceOfKey(event.key)
    if (event.type === 'DELETED' && going.has(resource)) loop.add(resource)
    if (resource !== definitionsResource) return
    const { name, deletionTimestamp } = event.object.metadata
    if (event.type === 'DELETED') going.delete(name)
    else if (deletionTimestamp) {
      going.add(name)
      loop.add(name)
    }
  }

  for (const stored of store.list({ prefix: `${definitionsResource}/` }).items) note({ ...stored, type: 'ADDED' })
  const unfollow = store.subscribe(undefined, note)
  return {
    stop() {
      unfollow()
      loop.stop()
    },
  }
}

type Served = ReturnType<typeof resourcesByStoreName>

async function cleanUp({ store, operations, catalog }: HousekeepingDeps, served: Served, name: string): Promise<void> {
  const definition = store.get(`${definitionsResource}/${name}`)?.object as CustomResourceDefinition | undefined
  if (!definition?.metadata.deletionTimestamp || !definition.metadata.finalizers?.includes(cleanupFinalizer)) return
  const resource = served(name)
  const objects = store.list({ prefix: `${name}/` }).items
  if (resource !== undefined && objects.length > 0) {
    const living = objects.filter(({ object }) => !object.metadata.deletionTimestamp)
    await Promise.all(living.map(({ object }) => operations.delete(context, resource, keyOfStored(object), {})))
    if (store.list({ prefix: `${name}/`, limit: 1 }).items.length > 0) return
  }
  const definitions = catalog.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
  if (definitions === undefined) return
  const finalizers = definition.metadata.finalizers.filter((one) => one !== cleanupFinalizer)
  const { resourceVersion: _, ...metadata } = { ...definition.metadata, finalizers }
  try {
    await operations.update(context, definitions, { name }, { ...definition, metadata }, {})
  } catch (error) {
    if (!isError(error, 'Conflict', 'NotFound')) throw error
  }
}
