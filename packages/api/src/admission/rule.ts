// What a rule is: all that is wrong with an object of one kind, by field. Pure; nothing wrong: no causes.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid } from '@flotilla/machinery/field-error'
import { canonicalJson } from '@flotilla/machinery/json'
import { fieldDuplicate } from '@flotilla/machinery/field-error'

export interface RuleOptions {
  /** Member endpoints on loopback addresses are fine: the hub itself listens on one. */
  readonly allowLoopbackEndpoints?: boolean
}

/** `object` has passed its schema. `old` is what it was before an update. */
export type Rule<Kind> = (object: Kind, old: Kind | undefined, options: RuleOptions) => readonly StatusCause[]

/** A field that the API has and this version does nothing with: refused rather than accepted in silence. */
export function notActedOn(field: string, isSet: boolean): readonly StatusCause[] {
  return isSet ? [fieldForbidden(field, 'this version does not act on it; leave it out')] : []
}

/** One cause per message. */
export function invalid(field: string, value: unknown, messages: readonly string[]): readonly StatusCause[] {
  return messages.map((message) => fieldInvalid(field, value, message))
}

/** A cause for each item that equals an earlier one. */
export function duplicates(field: string, items: readonly unknown[], inner = ''): readonly StatusCause[] {
  const seen = new Set<string>()
  return items.flatMap((item, index) => {
    const text = canonicalJson(item)
    if (seen.has(text)) return [fieldDuplicate(`${field}[${index}]${inner}`, item)]
    seen.add(text)
    return []
  })
}

/** The causes of every item of a list that may be absent. */
export function each<Item>(
  field: string,
  items: readonly Item[] | undefined,
  check: (item: Item, field: string) => readonly StatusCause[],
): readonly StatusCause[] {
  return (items ?? []).flatMap((item, index) => check(item, `${field}[${index}]`))
}
