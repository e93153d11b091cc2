// Changes a binding that controllers write to at the same time: from what it says then, or not at all.
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { Binding } from '@flotilla/control-plane/hub'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'

/** Of others' changes between our reading and our writing. */
const mostAttempts = 10

/**
 * Writes the patch that `change` gives for the binding, read anew after a conflict; undefined: nothing is to be written any
 * more, and false is answered. A patch names the resource version of what it was given. Throws Conflict when others never rest.
 */
export async function editBinding(
  hub: KubeApi,
  read: Binding,
  change: (binding: Binding) => Patch | undefined,
): Promise<boolean> {
  const { namespace, name } = read.metadata
  const resource = namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
  const key = namespace === undefined ? { name } : { namespace, name }
  for (let attempt = 1, binding = read; ; attempt++) {
    const patch = change(binding)
    if (!patch) return false
    try {
      await hub.patch(resource, key, patch, { fieldManager: 'flotilla-cli' })
      return true
    } catch (error) {
      if (!isError(error, 'Conflict') || attempt === mostAttempts) throw error
    }
    binding = await hub.get<Binding>(resource, key)
  }
}
