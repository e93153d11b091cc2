// What every namespace has without anybody asking: the ServiceAccount `default` and the cluster's root certificate.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch, type Controller } from '@flotilla/runtime/controller'
import type { Cached } from './cached.ts'

export interface NamespaceDefaultsDeps {
  readonly namespaces: Cached<KubeObject>
  /** Only those named `default`. */
  readonly serviceAccounts: Cached<KubeObject>
  /** Only those named `kube-root-ca.crt`. */
  readonly configMaps: Cached<KubeObject>
}

const certificate = '-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n'

export function createNamespaceDefaults({
  namespaces,
  serviceAccounts,
  configMaps,
}: NamespaceDefaultsDeps): Controller {
  async function reconcile(name: string): Promise<void> {
    const namespace = namespaces.rows.get(name)
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return
    await ensure(serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: name },
    })
    await ensure(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt', namespace: name },
      data: { 'ca.crt': certificate },
    })
  }

  const toNamespace = ({ key, after }: { readonly key: string; readonly after?: KubeObject }) =>
    after === undefined ? [key.slice(0, key.indexOf('/'))] : []
  return {
    name: 'namespace-defaults',
    watches: [
      watch(namespaces.rows, ({ key }) => [key]),
      watch(serviceAccounts.rows, toNamespace),
      watch(configMaps.rows, toNamespace),
    ],
    reconcile,
  }
}

async function ensure(cached: Cached<KubeObject>, object: KubeObject): Promise<void> {
  if (cached.rows.get(`${object.metadata.namespace}/${object.metadata.name}`) !== undefined) return
  try {
    await cached.create(object)
  } catch (error) {
    // Forbidden: the namespace began to go meanwhile.
    if (!isError(error, 'AlreadyExists', 'Forbidden', 'NotFound')) throw error
  }
}
