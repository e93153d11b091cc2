// Changes a binding, from what it says then.
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { Binding } from '@flotilla/control-plane/hub'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'
import { editObject } from '../reach/edit-object.ts'

/** As `editObject` does. */
export function editBinding(
  hub: KubeApi,
  read: Binding,
  change: (binding: Binding) => Patch | undefined,
): Promise<boolean> {
  const resource = read.metadata.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
  return editObject(hub, resource, read, change)
}
