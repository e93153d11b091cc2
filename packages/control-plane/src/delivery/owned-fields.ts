// The field set that our manager owns once a member holds just what we state.
import { encodeFieldSet } from '@flotilla/machinery/field-set'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { fieldSetOf } from '@flotilla/machinery/typed-fields'
import { isError } from '@flotilla/machinery/errors'
import { fieldsDigest } from '../members/fields-digest.ts'

/** As a row has it. Undefined where the schema does not fit: then only the member can tell. */
export function ownedDigest(stated: KubeObject, schema: KindSchema): string | undefined {
  try {
    return fieldsDigest(encodeFieldSet(fieldSetOf(ownable(stated), schema)))
  } catch (error) {
    if (isError(error)) return undefined
    throw error
  }
}

/** `stated` without what nobody owns: its identity. */
export function ownable(stated: KubeObject): Readonly<Record<string, unknown>> {
  const { apiVersion: _, kind: __, metadata, ...rest } = stated
  const { labels, annotations } = metadata
  return { ...rest, metadata: { ...(labels && { labels }), ...(annotations && { annotations }) } }
}
