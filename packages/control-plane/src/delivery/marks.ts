// What only copies of ours carry: labels and annotations that tell whose they are.
import { isOurKey } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'

/** What people see of `object`: to be compared with one that is not ours. */
export function withoutMarks(object: KubeObject): KubeObject {
  const keep = (field: string, entries: Readonly<Record<string, string>> = {}) => {
    const kept = Object.entries(entries).filter(([key]) => !isOurKey(key))
    return kept.length === 0 ? {} : { [field]: Object.fromEntries(kept) }
  }
  const { labels, annotations, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, ...keep('labels', labels), ...keep('annotations', annotations) } }
}
