// Deletes on a member what this hub placed there. Only ever because a person asked for it.
import { hubLabel } from '@flotilla/api/group'
import { discover, type DiscoveredResource } from '@flotilla/machinery/discovery'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { groupResourceOf } from '@flotilla/machinery/resource'
import { keyOf } from '@flotilla/machinery/object'

/** They hold more than we put there. */
const neverDeleted = new Set([
  'namespaces',
  'persistentvolumes',
  'persistentvolumeclaims',
  'customresourcedefinitions.apiextensions.k8s.io',
])

/** How many were deleted. Only what carries the label of `hubId`, by UID. */
export async function deletePlaced(api: KubeApi, hubId: string, onDeleted: (what: string) => void): Promise<number> {
  const discovery = await discover(api)
  if (discovery.incompleteGroups.length > 0) {
    const groups = discovery.incompleteGroups.join(', ')
    throw new FlotillaError(
      'Unavailable',
      `Cannot tell what to delete: the cluster does not tell what ${groups} serves`,
    )
  }
  const resources = discovery.resources.filter(
    (one) => isDeletable(one) && discovery.preferred(one.group, one.kind) === one,
  )
  let count = 0
  for (const resource of resources) {
    const { items } = await api.list(resource, { labelSelector: `${hubLabel}=${hubId}` })
    for (const { metadata } of items) {
      const { uid } = metadata
      if (uid === undefined || !(await deleteOne(api, resource, metadata, uid))) continue
      count++
      onDeleted(`${groupResourceOf(resource)}/${keyOf(metadata)}`)
    }
  }
  return count
}

function isDeletable(resource: DiscoveredResource): boolean {
  const { verbs } = resource
  return verbs.includes('list') && verbs.includes('delete') && !neverDeleted.has(groupResourceOf(resource))
}

async function deleteOne(
  api: KubeApi,
  resource: DiscoveredResource,
  key: { readonly name: string; readonly namespace?: string },
  uid: string,
): Promise<boolean> {
  try {
    await api.delete(resource, key, { preconditions: { uid }, propagationPolicy: 'Background' })
    return true
  } catch (error) {
    if (isError(error, 'NotFound')) return false
    throw error
  }
}
