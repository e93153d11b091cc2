// Changes an object of the hub that controllers write to at the same time: from what it says then, or not at all.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'

/** Of others' changes between our reading and our writing. */
const mostAttempts = 10

/**
 * Writes the patch that `change` gives for the object, read anew after a conflict; undefined: nothing is to be written any
 * more, and false is answered. A patch names the resource version of what it was given. Throws Conflict when others never rest.
 */
export async function editObject<T extends KubeObject>(
  hub: KubeApi,
  resource: Resource,
  read: T,
  change: (object: T) => Patch | undefined,
): Promise<boolean> {
  const { namespace, name } = read.metadata
  const key = namespace === undefined ? { name } : { namespace, name }
  for (let attempt = 1, object = read; ; attempt++) {
    const patch = change(object)
    if (!patch) return false
    try {
      await hub.patch(resource, key, patch, { fieldManager: 'flotilla-cli' })
      return true
    } catch (error) {
      if (!isError(error, 'Conflict') || attempt === mostAttempts) throw error
    }
    object = await hub.get<T>(resource, key)
  }
}
