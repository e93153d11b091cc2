// Deletes on a member what this hub placed there. Only ever because a person asked for it.
import { hubLabel } from '@flotilla/api/group'
import { readHubClaim } from '@flotilla/control-plane/cluster/health/hub-lease'
import { discover, type DiscoveredResource } from '@flotilla/machinery/discovery'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { groupResourceOf } from '@flotilla/machinery/resource'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'

/** They hold more than we put there. */
export const neverDeleted: ReadonlySet<string> = new Set([
  'namespaces',
  'persistentvolumes',
  'persistentvolumeclaims',
  'customresourcedefinitions.apiextensions.k8s.io',
])

/** Somebody's changes between our reading of an object and our deletion of it, before we give up. */
const maxAttempts = 5

/**
 * How many were deleted. Only what carries the label of `hubId` and is just as it was read.
 * @throws Conflict when another hub manages the cluster by now.
 */
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
    await checkClaim(api, hubId)
    const { items } = await api.list(resource, { labelSelector: `${hubLabel}=${hubId}` })
    for (const object of items) {
      if (!(await deleteOne(api, resource, object, hubId))) continue
      count++
      onDeleted(`${groupResourceOf(resource)}/${keyOf(object.metadata)}`)
    }
  }
  return count
}

function isDeletable(resource: DiscoveredResource): boolean {
  const { verbs } = resource
  return verbs.includes('list') && verbs.includes('delete') && !neverDeleted.has(groupResourceOf(resource))
}

/** @throws Conflict when another hub manages the cluster by now. */
export async function checkClaim(api: KubeApi, hubId: string): Promise<void> {
  const claim = await readHubClaim(api)
  if (claim === undefined || claim.hubId === hubId) return
  throw new FlotillaError('Conflict', `Cannot delete anything there: hub ${claim.hubId} manages the cluster`)
}

/** False when it is gone, or no longer ours: its label may have been taken off since it was read. */
async function deleteOne(
  api: KubeApi,
  resource: DiscoveredResource,
  read: KubeObject,
  hubId: string,
): Promise<boolean> {
  const { uid, name, namespace } = read.metadata
  const key = namespace === undefined ? { name } : { name, namespace }
  for (let attempt = 1, object: KubeObject | undefined = read; ; attempt++) {
    const { labels, resourceVersion, uid: found } = object?.metadata ?? {}
    if (uid === undefined || found !== uid || labels?.[hubLabel] !== hubId) return false
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    try {
      await api.delete(resource, key, { preconditions, propagationPolicy: 'Background' })
      return true
    } catch (error) {
      if (isError(error, 'NotFound')) return false
      if (!isError(error, 'Conflict') || attempt === maxAttempts) throw error
    }
    object = await api.get(resource, key).catch(noneIfGone)
  }
}

function noneIfGone(error: unknown): undefined {
  if (!isError(error, 'NotFound')) throw error
}
