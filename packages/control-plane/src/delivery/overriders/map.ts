// labelsOverrider and annotationsOverrider: change the object's own labels and annotations.
import { isOurKey } from '@flotilla/api/group'
import type { MapOverrider } from '@flotilla/api/override-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { resolveText, type Variables } from './variables.ts'

export function overrideMap(
  object: KubeObject,
  field: 'labels' | 'annotations',
  { operator, value }: MapOverrider,
  variables: Variables,
): KubeObject {
  const entries = new Map(Object.entries(object.metadata[field] ?? {}))
  for (const [key, text] of Object.entries(value)) {
    if (isOurKey(key)) continue
    if (operator === 'remove') entries.delete(key)
    else if (entries.has(key) === (operator === 'replace')) entries.set(key, resolveText(text, variables))
  }
  const { [field]: _, ...metadata } = object.metadata
  if (entries.size === 0) return { ...object, metadata }
  return { ...object, metadata: { ...metadata, [field]: Object.fromEntries(entries) } }
}
