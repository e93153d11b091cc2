// Gives each namespace the ServiceAccount `default`, and the CA by which pods trust the server.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { StoreEvent } from '../store/store.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { systemContext } from './deps.ts'
import { startKeyLoop } from './key-loop.ts'

const context = systemContext('system:serviceaccount:kube-system:service-account-controller')

export function startServiceAccounts(deps: HousekeepingDeps, { rootCa }: { readonly rootCa?: string }): Housekeeper {
  const { env, store } = deps
  const loop = startKeyLoop(env, 'service-accounts', (namespace) => provide(deps, namespace, rootCa))

  function note(event: StoreEvent) {
    const { name, deletionTimestamp } = event.object.metadata
    if (event.type !== 'DELETED' && !deletionTimestamp) loop.add(name)
  }

  function noteLoss(event: StoreEvent) {
    const { namespace } = event.object.metadata
    if (event.type === 'DELETED' && namespace) loop.add(namespace)
  }

  for (const stored of store.list({ prefix: 'namespaces/' }).items) note({ ...stored, type: 'ADDED' })
  const unfollow = [
    store.subscribe('namespaces', note),
    store.subscribe('serviceaccounts', noteLoss),
    ...(rootCa === undefined ? [] : [store.subscribe('configmaps', noteLoss)]),
  ]
  return {
    stop() {
      for (const stop of unfollow) stop()
      loop.stop()
    },
  }
}

async function provide(deps: HousekeepingDeps, namespace: string, rootCa: string | undefined): Promise<void> {
  const found = deps.store.get(`namespaces/${namespace}`)
  if (found === undefined || found.object.metadata.deletionTimestamp) return
  await ensure(deps, 'serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  })
  if (rootCa === undefined) return
  await ensure(deps, 'configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt', namespace },
    data: { 'ca.crt': rootCa },
  })
}

async function ensure(
  { store, catalog, operations }: HousekeepingDeps,
  plural: string,
  object: KubeObject,
): Promise<void> {
  const resource = catalog.find('', 'v1', plural)
  const { namespace, name } = object.metadata
  if (resource === undefined || store.get(`${plural}/${namespace}/${name}`) !== undefined) return
  try {
    await operations.create(context, resource, object, { fieldManager: 'kube-controller-manager' })
  } catch (error) {
    if (!isError(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error
  }
}
