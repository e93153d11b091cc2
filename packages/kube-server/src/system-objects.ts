// What every API server has from its first moment on: the system namespaces.
import { isError } from '@flotilla/machinery/errors'
import type { KubeServer } from './server.ts'

export const systemUser = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] } as const

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const

export async function ensureSystemObjects({
  operations,
  catalog,
  store,
}: Pick<KubeServer, 'operations' | 'catalog' | 'store'>): Promise<void> {
  const namespaces = catalog.find('', 'v1', 'namespaces')
  if (namespaces === undefined) return
  const missing = systemNamespaces.filter((name) => store.get(`namespaces/${name}`) === undefined)
  const creations = missing.map((name) => {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    return operations.create({ user: systemUser, warn: () => {} }, namespaces, object, {
      fieldManager: 'kube-apiserver',
    })
  })
  for (const result of await Promise.allSettled(creations)) {
    if (result.status === 'rejected' && !isError(result.reason, 'AlreadyExists')) throw result.reason
  }
}
