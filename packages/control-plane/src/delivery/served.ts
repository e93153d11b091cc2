// Render, rule 4: an object in the words of the member: only fields that its version of the kind has.
import type { KubeObject } from '@flotilla/machinery/object'
import { dropUnknownFields } from '@flotilla/machinery/prune'
import type { KindSchema } from '@flotilla/machinery/schema'

export interface ServedFields {
  readonly object: KubeObject
  /** Paths that the member's version does not have. */
  readonly dropped: readonly string[]
}

/** Metadata is the same everywhere and is never pruned: one unknown field would reject the whole apply. */
export function onlyServedFields(object: KubeObject, schema: KindSchema): ServedFields {
  const { apiVersion, kind, metadata, ...rest } = object
  const { value, pruned } = dropUnknownFields(schema, rest)
  return pruned.length === 0
    ? { object, dropped: [] }
    : { object: { apiVersion, kind, metadata, ...value }, dropped: pruned }
}
