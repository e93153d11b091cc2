// Field sets compared by thousands: each is some kilobytes of text, of which a row keeps 64 bits.
import type { FieldsV1 } from '@flotilla/machinery/object'
import { hashText } from '@flotilla/scheduler/hash'

/** The same for the same field set in its wire form and order. */
export function fieldsDigest(fields: FieldsV1): string {
  return hashText(JSON.stringify(fields))
}
