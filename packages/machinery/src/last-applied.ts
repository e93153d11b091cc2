// The annotation in which `kubectl apply` keeps what it last applied, and how server-side apply takes it over.
import { compareFields } from './typed-compare.ts'
import { fieldSetOf } from './typed-fields.ts'
import { difference, type FieldSet } from './field-set.ts'
import { escapeLikeGo } from './go-json.ts'
import { canonicalJson, without } from './json.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import type { KubeObject } from './object.ts'
import type { KindSchema } from './schema.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** Bytes that all annotations of an object may have together. */
const maxAnnotationBytes = 256 * 1024

/**
 * Fields that client-side apply set and nobody changed since: kubectl may take them over without a conflict.
 * None when there is no annotation that can be read, or one of another API version.
 */
export function fieldsOfLastApplied(live: KubeObject, schema: KindSchema): FieldSet | undefined {
  const lastApplied = parse(live.metadata.annotations?.[annotation])
  if (lastApplied === undefined || lastApplied['apiVersion'] !== live.apiVersion) return undefined
  const { added, modified, removed } = compareFields(lastApplied, live, schema)
  return [modified, added, removed].reduce(difference, fieldSetOf(lastApplied, schema))
}

/** `object`, its annotation (if it has one) brought up to what was `applied`. */
export function refreshLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const { annotations } = object.metadata
  if (!annotations?.[annotation]) return object
  const value = lastAppliedOf(applied)
  if (annotations[annotation] === value) return object
  const others = without(annotations, annotation) as Record<string, string>
  const refreshed = { ...others, [annotation]: value }
  const fits = sizeOf(refreshed) <= maxAnnotationBytes
  return { ...object, metadata: { ...object.metadata, annotations: fits ? refreshed : others } }
}

function lastAppliedOf(applied: KubeObject): string {
  const { annotations, ...metadata } = applied.metadata
  const others = annotations && without(annotations, annotation)
  const kept = others && Object.keys(others).length > 0 ? { annotations: others } : {}
  return `${escapeLikeGo(canonicalJson({ ...applied, metadata: { ...metadata, ...kept } }))}\n`
}

function sizeOf(annotations: Readonly<Record<string, string>>): number {
  const encoder = new TextEncoder()
  return Object.entries(annotations).reduce((sum, pair) => sum + encoder.encode(pair.join('')).length, 0)
}

function parse(text: string | undefined): JsonObject | undefined {
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
