// What the server's own controllers work with: the operations, under the server's identity.
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { EditableCatalog } from '../catalog.ts'
import type { Operations, RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { storedResource } from '../storage-forms.ts'
import type { Store } from '../store/store.ts'

export interface HousekeepingDeps {
  readonly env: Env
  readonly store: Store
  readonly catalog: EditableCatalog
  readonly operations: Operations
}

export interface Housekeeper {
  stop(): void
}

export function systemContext(name: string): RequestContext {
  return { user: { name, groups: ['system:masters', 'system:authenticated'] }, warn: () => {} }
}

/** Served resources by the store's name for them, to be asked often. */
export function resourcesByStoreName(catalog: EditableCatalog): (name: string) => ServedResource | undefined {
  let revision = -1
  let byName = new Map<string, ServedResource>()
  return (name) => {
    if (revision !== catalog.revision) {
      revision = catalog.revision
      byName = new Map(catalog.storedResources().map((resource) => [storedResource(resource), resource]))
    }
    return byName.get(name)
  }
}

export function keyOfStored(object: KubeObject): ObjectKey {
  const { name, namespace } = object.metadata
  return namespace ? { name, namespace } : { name }
}
