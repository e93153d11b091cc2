// Letting go of an object: our label, our annotations and our managedFields entry go, everything else stays.
import { appliedAnnotation, generationAnnotation, hubLabel, templateAnnotation } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { isOurEntry } from './row.ts'

/**
 * Never by applying less: that would take our fields away from the object. Refused with Conflict when the object is
 * not just as it was read.
 */
export function orphanPatch({ metadata }: KubeObject): Patch {
  const { uid, resourceVersion, managedFields = [] } = metadata
  const others = managedFields.filter((entry) => !isOurEntry(entry))
  return {
    type: 'merge',
    patch: {
      metadata: {
        uid,
        resourceVersion,
        labels: { [hubLabel]: null },
        annotations: { [templateAnnotation]: null, [generationAnnotation]: null, [appliedAnnotation]: null },
        // An empty list would mean that nobody's entries are to be kept track of.
        ...(others.length > 0 ? { managedFields: others } : { managedFields: [{}] }),
      },
    },
  }
}

export async function orphanObject(api: KubeApi, resource: Resource, object: KubeObject): Promise<void> {
  try {
    await api.patch(resource, object.metadata, orphanPatch(object), { fieldManager: 'flotilla-orphan' })
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
  }
}

/**
 * Lets go of every object of `resources` that carries the label of hub `hubId`. Throws the first failure; what was
 * let go of until then stays so, and calling it again goes on.
 */
export async function orphanAll(
  api: KubeApi,
  resources: Iterable<Resource>,
  hubId: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0
  for (const resource of resources) {
    for (let from: string | undefined, more = true; more; more = from !== undefined && from !== '') {
      signal.throwIfAborted()
      const options = { labelSelector: `${hubLabel}=${hubId}`, limit: 500, signal, ...(from ? { continue: from } : {}) }
      const page = await api.list(resource, options)
      for (const object of page.items) await orphanObject(api, resource, object)
      count += page.items.length
      from = page.continue
    }
  }
  return count
}
