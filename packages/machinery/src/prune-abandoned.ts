// Removes what a manager applied before and applies no longer, unless somebody else owns it.
import { difference, intersection, isEmpty, union, type FieldSet } from './field-set.ts'
import { typeOfKind } from './field-type.ts'
import type { KubeObject } from './object.ts'
import type { KindSchema } from './schema.ts'
import { fieldsOf, withNamedFields } from './typed-fields.ts'
import { removeFields } from './typed-merge.ts'

export interface Pruned {
  /** As it is stored: containers that lost their last field are gone. */
  readonly object: KubeObject
  /** As it is compared: such containers are null, as nobody who owns the container loses it by that. */
  readonly emptied: KubeObject
}

/**
 * `merged` less the fields of `last`, the manager's previous set, that none of `owned` has; `owned` begins with the
 * manager's present set. Fields that nobody ever owned stay, unless the list item or field they are in goes.
 */
export function pruneAbandoned(
  merged: KubeObject,
  last: FieldSet,
  owned: readonly [present: FieldSet, ...others: FieldSet[]],
  schema: KindSchema,
): Pruned {
  // An applied set holds every item on the way to its fields, so nothing of it can lie in something abandoned.
  if (isEmpty(difference(last, owned[0]))) return { object: merged, emptied: merged }
  const type = typeOfKind(schema)
  const named = (set: FieldSet) => withNamedFields(set, type)
  const fieldsIn = (value: unknown) => named(fieldsOf(value, type).children)
  const all = fieldsIn(merged)
  const abandoned = named(last)
  const cut = fieldsIn(removeFields(merged, abandoned, type, null))
  const orphaned = difference(all, union(cut, named(owned.reduce(union))))
  const remaining = fieldsIn(removeFields(merged, orphaned, type, null))
  const removed = intersection(difference(all, remaining), abandoned)
  if (isEmpty(removed)) return { object: merged, emptied: merged }
  return {
    object: removeFields(merged, removed, type, undefined) as KubeObject,
    emptied: removeFields(merged, removed, type, null) as KubeObject,
  }
}
