// Writes an object's status, once and only when it changed.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { createMergePatch } from '@flotilla/machinery/merge-patch'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'

export interface StatusWriterOptions {
  readonly api: KubeApi
  readonly resource: Resource
  readonly fieldManager: string
}

export interface StatusWriter {
  /**
   * Makes `status` the status of `object`; sends only what differs, nothing when nothing does. Gives the object
   * as it is then, as it was when it has gone meanwhile. Throws Conflict when the object is not the newest: the
   * reconcile loop then looks again.
   */
  write<T extends KubeObject>(object: T, status: object): Promise<T>
}

export function createStatusWriter({ api, resource, fieldManager }: StatusWriterOptions): StatusWriter {
  return {
    async write(object, status) {
      const change = createMergePatch({ status: object['status'] ?? {} }, { status })
      if (Object.keys(change).length === 0) return object
      const { name, namespace, resourceVersion, uid } = object.metadata
      const patch = { ...change, metadata: { resourceVersion, uid } }
      const key = namespace === undefined ? { name } : { name, namespace }
      try {
        return await api.patch(resource, key, { type: 'merge', patch }, { subresource: 'status', fieldManager })
      } catch (error) {
        // Only a word on the very object says that it has gone; a path that is not served does not.
        if (isError(error, 'NotFound') && error.details.name !== undefined) return object
        throw error
      }
    },
  }
}
