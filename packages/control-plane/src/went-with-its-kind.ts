// Whether objects are gone because their kind is: then nothing says what became of them, and their copies stay.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Resource } from '@flotilla/machinery/resource'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { isAbsence } from './absence.ts'
import type { Binding } from './hub.ts'

/** Its CRD is being deleted, or was put back since. Read before the template: the CRD goes after its last object. */
export async function wentWithItsKind(
  api: KubeApi,
  { metadata }: Binding,
  { group, plural }: Resource,
): Promise<boolean> {
  if (group === '') return false
  const name = `${plural}.${group}`
  const definition = await api.get(customResourceDefinitions, { name }).catch((error: unknown) => {
    if (!isAbsence(error)) throw error
  })
  if (!definition) return false
  const { deletionTimestamp, creationTimestamp = '' } = definition.metadata
  return deletionTimestamp !== undefined || creationTimestamp > (metadata.creationTimestamp ?? '')
}
