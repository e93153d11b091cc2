// Merges an applied configuration into a live value, and removes fields from a value.
import type { FieldSet } from './field-set.ts'
import type { FieldStep } from './field-step.ts'
import type { FieldType, ListType, MapType } from './field-type.ts'
import { deepEqual } from './json.ts'
import { setField, type JsonObject } from './json-value.ts'
import { asList, asMap, fieldOf, isVoid, itemStep, shapeOf } from './typed-value.ts'

/**
 * `live` with everything that `applied` states. Whatever does not change is the very value of `live`, so that
 * comparing the two skips it. Either may be undefined: absent.
 */
export function mergeValues(live: unknown, applied: unknown, type: FieldType): unknown {
  if (applied === undefined || live === applied) return live
  const shape = shapeOf(type, applied)
  if (shape === 'map' && type.map !== undefined && !type.map.atomic) {
    const maps = [asMap(live), asMap(applied)] as const
    if (!maps.every(isVoid)) return mergeMaps(...maps, type.map)
  }
  if (shape === 'list' && type.list !== undefined && !type.list.atomic) {
    const lists = [asList(live), asList(applied)] as const
    if (!lists.every(isVoid)) return mergeLists(lists[0] ?? [], lists[1] ?? [], type.list)
  }
  return live !== undefined && deepEqual(live, applied) ? live : applied
}

function mergeMaps(live: JsonObject | undefined, applied: JsonObject | undefined, type: MapType): unknown {
  if (live === undefined) return applied
  let merged: Record<string, unknown> | undefined
  for (const name in applied) {
    const before = Object.hasOwn(live, name) ? live[name] : undefined
    const after = mergeValues(before, applied[name], fieldOf(type, name).type)
    if (after !== before) setField((merged ??= { ...live }), name, after)
  }
  return merged ?? live
}

function mergeLists(live: readonly unknown[], applied: readonly unknown[], type: ListType): readonly unknown[] {
  if (live.length === 0) return applied
  const merged = new ListMerge(live, applied, type).run()
  return merged.length === live.length && merged.every((item, index) => item === live[index]) ? live : merged
}

/**
 * Items that only one side has keep their place among their neighbours; items of both follow the order of the
 * applied list.
 */
class ListMerge {
  readonly #type: ListType
  readonly #live: readonly unknown[]
  readonly #liveSteps: readonly FieldStep[]
  readonly #appliedSteps: readonly FieldStep[]
  readonly #liveItems = new Map<FieldStep, unknown>()
  readonly #appliedItems = new Map<FieldStep, unknown>()
  readonly #merged = new Set<FieldStep>()
  readonly #shared: readonly FieldStep[]
  #nextShared = 0

  constructor(live: readonly unknown[], applied: readonly unknown[], type: ListType) {
    this.#type = type
    this.#live = live
    this.#liveSteps = live.map((item) => itemStep(type, item))
    this.#appliedSteps = applied.map((item) => itemStep(type, item))
    for (const [index, step] of this.#liveSteps.entries()) {
      // Items that share a key are replaced, not merged.
      this.#liveItems.set(step, this.#liveItems.has(step) ? null : live[index])
    }
    for (const [index, step] of this.#appliedSteps.entries()) this.#appliedItems.set(step, applied[index])
    this.#shared = this.#appliedSteps.filter((step) => this.#liveItems.has(step))
  }

  run(): unknown[] {
    const out: unknown[] = []
    let l = 0
    let a = 0
    while (l < this.#liveSteps.length || a < this.#appliedSteps.length) {
      const liveStep = this.#liveSteps[l]
      const appliedStep = this.#appliedSteps[a]
      if (liveStep !== undefined) {
        if (liveStep === appliedStep) {
          out.push(this.#mergeItem(liveStep))
          this.#nextShared++
          l++
          a++
          continue
        }
        if (!this.#appliedItems.has(liveStep)) {
          out.push(this.#live[l++])
          continue
        }
        if (appliedStep !== undefined && this.#isOutOfTurn(liveStep)) {
          l++
          continue
        }
        if (this.#merged.has(liveStep)) l++
      }
      if (appliedStep !== undefined) {
        out.push(this.#mergeItem(appliedStep))
        if (this.#shared[this.#nextShared] === appliedStep) this.#nextShared++
        a++
      }
    }
    return out
  }

  /** A shared item whose turn is another one's is taken up where the applied list has it. */
  #isOutOfTurn(step: FieldStep): boolean {
    const next = this.#shared[this.#nextShared]
    return next !== undefined && next !== step
  }

  #mergeItem(step: FieldStep): unknown {
    this.#merged.add(step)
    return mergeValues(this.#liveItems.get(step), this.#appliedItems.get(step), this.#type.items())
  }
}

/**
 * `value` without the members of `set` and what lies below them. A container that loses its last field becomes
 * `emptied`; an item or field for which that is undefined goes with it.
 */
export function removeFields(value: unknown, set: FieldSet, type: FieldType, emptied: null | undefined): unknown {
  switch (shapeOf(type, value)) {
    case 'map':
      return removeFromMap(asMap(value), set, type.map, emptied)
    case 'list':
      return removeFromList(asList(value), set, type.list, emptied)
    default:
      return value
  }
}

function removeFromMap(
  value: JsonObject | undefined,
  set: FieldSet,
  type: MapType | undefined,
  emptied: null | undefined,
): unknown {
  if (value === undefined || type === undefined || type.atomic) return emptied
  const kept: Record<string, unknown> = {}
  for (const name in value) {
    const field = fieldOf(type, name)
    const node = set.get(field.step)
    if (node?.member) continue
    const below = node === undefined ? value[name] : removeFields(value[name], node.children, field.type, emptied)
    if (below !== undefined) setField(kept, name, below)
  }
  return isVoid(kept) ? emptied : kept
}

function removeFromList(
  value: readonly unknown[] | undefined,
  set: FieldSet,
  type: ListType | undefined,
  emptied: null | undefined,
): unknown {
  if (value === undefined || type === undefined || type.atomic) return emptied
  const kept: unknown[] = []
  for (const item of value) {
    const node = set.get(itemStep(type, item))
    if (node?.member) continue
    const below = node === undefined ? item : removeFields(item, node.children, type.items(), emptied)
    if (below !== undefined) kept.push(below)
  }
  return kept.length === 0 ? emptied : kept
}
