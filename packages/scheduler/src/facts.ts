// What filters and tiers see of a cluster: all but how much room it has, which changes with every pod.
import { deepEqual } from '@flotilla/machinery/json'
import type { ClusterRow, PropertyRow } from './snapshot.ts'

/** Of `shapes` only whether they are known. */
export type ClusterFacts = Omit<ClusterRow, 'shapes' | 'resources'> & { readonly shapes?: readonly unknown[] }

const known = new WeakMap<ClusterRow, ClusterFacts>()
const someShapes: readonly unknown[] = []

/** The same object for the same row, and for one that `keepFacts` found to say the same. */
export function factsOf(row: ClusterRow): ClusterFacts {
  const facts = known.get(row)
  if (facts !== undefined) return facts
  const { shapes, resources: _room, ...rest } = row
  const own = shapes === undefined ? rest : { ...rest, shapes: someShapes }
  known.set(row, own)
  return own
}

/** Has `after`, the next row of a cluster, share the facts of `before` where filters see no difference. */
export function keepFacts(before: ClusterRow, after: ClusterRow): void {
  if (!known.has(after) && isSame(before, after)) known.set(after, factsOf(before))
}

function isSame(before: ClusterRow, after: ClusterRow): boolean {
  const { kinds, placedKinds, properties, shapes, resources: _before, ...plain } = before
  const { kinds: kindsAfter, placedKinds: placedAfter, properties: propertiesAfter, ...others } = after
  const { shapes: shapesAfter, resources: _after, ...plainAfter } = others
  return (
    (shapes === undefined) === (shapesAfter === undefined) &&
    isSameSet(kinds, kindsAfter) &&
    isSameSet(placedKinds, placedAfter) &&
    areSameProperties(properties, propertiesAfter) &&
    deepEqual(plain, plainAfter)
  )
}

function isSameSet(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  if (one === other) return true
  return one !== undefined && other !== undefined && one.size === other.size && one.isSubsetOf(other)
}

function areSameProperties(one: ReadonlyMap<string, PropertyRow>, other: ReadonlyMap<string, PropertyRow>): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [name, { values, isRead }] of one) {
    const found = other.get(name)
    if (found?.isRead !== isRead || !isSameSet(values, found.values)) return false
  }
  return true
}
