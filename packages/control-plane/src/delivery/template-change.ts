// Whether a change of a template can change what is stated of it. Pure.
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'

/** Status and server-set metadata are never stated; who applied which field decides what counts as written by people. */
export function isSameStatement(before: KubeObject, after: KubeObject): boolean {
  const [a, b] = [before.metadata, after.metadata]
  return (
    a.uid === b.uid &&
    a.generation === b.generation &&
    a.deletionTimestamp === b.deletionTimestamp &&
    deepEqual(a.labels, b.labels) &&
    deepEqual(a.annotations, b.annotations) &&
    deepEqual(contentOf(before), contentOf(after)) &&
    deepEqual(appliedFields(before), appliedFields(after))
  )
}

function contentOf({ status: _, metadata: __, ...content }: KubeObject): object {
  return content
}

function appliedFields({ metadata }: KubeObject): readonly unknown[] {
  return (metadata.managedFields ?? [])
    .filter((entry) => entry.operation === 'Apply' && !entry.subresource)
    .map(({ manager, fieldsV1 }) => [manager, fieldsV1])
}
