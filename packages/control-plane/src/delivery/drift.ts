// Drift: where a live object differs from what we state, who changed it and since when. Pure.
import {
  difference,
  emptyFieldSet,
  fieldSetOfPaths,
  intersection,
  parseFieldSet,
  pathsOf,
  union,
  type FieldPath,
  type FieldSet,
} from '@flotilla/machinery/field-set'
import { fieldNameOf, fieldStep, printStep } from '@flotilla/machinery/field-step'
import { typeOfKind, type FieldType } from '@flotilla/machinery/field-type'
import { has } from '@flotilla/machinery/field-set'
import { isJsonObject } from '@flotilla/machinery/json-value'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { compareFields } from '@flotilla/machinery/typed-compare'
import { mergeValues, removeFields } from '@flotilla/machinery/typed-merge'
import { fieldOf, itemStep } from '@flotilla/machinery/typed-value'
import { isOurEntry } from '../members/row.ts'
import { maskValue } from './masks.ts'
import { ownable } from './owned-fields.ts'

export interface FieldDrift {
  /** `spec.template.spec.containers[name="web"].image` */
  readonly path: string
  /** Values of Secrets are hidden. */
  readonly wanted: unknown
  /** Undefined: it is not there. */
  readonly found: unknown
  /** Who owns the field now; undefined: nobody. */
  readonly manager: string | undefined
  /** RFC 3339. */
  readonly since: string | undefined
}

/** Fields of `stated` that do not hold in `live`, but for `ignored` ones. */
export function driftOf(
  stated: KubeObject,
  live: KubeObject,
  schema: KindSchema,
  ignored: readonly string[] = [],
): readonly FieldDrift[] {
  const wanted = ownable(stated)
  const type = typeOfKind(schema)
  return [...pathsOf(differingFields(stated, live, schema))]
    .filter((path) => !ignored.some((prefix) => isWithin(path, parseFieldPath(prefix))))
    .map((path) => {
      const entry = live.metadata.managedFields?.find(
        (one) => !isOurEntry(one) && has(parseFieldSet(one.fieldsV1), path),
      )
      const text = printPath(path)
      return {
        path: text,
        wanted: maskValue(stated.kind, text, valueAtPath(wanted, path, type)),
        found: maskValue(stated.kind, text, valueAtPath(live, path, type)),
        manager: entry?.manager,
        since: entry?.time,
      }
    })
}

/** What an apply of `stated` would change in `live`. */
function differingFields(stated: KubeObject, live: KubeObject, schema: KindSchema): FieldSet {
  const before = { ...live, metadata: withoutServerFields(live) }
  const after = mergeValues(before, ownable(stated), typeOfKind(schema)) as Readonly<Record<string, unknown>>
  const { added, modified } = compareFields(before, after, schema)
  return union(added, modified)
}

function withoutServerFields({ metadata }: KubeObject): Readonly<Record<string, unknown>> {
  const { labels, annotations } = metadata
  return { ...(labels && { labels }), ...(annotations && { annotations }) }
}

/**
 * `stated` without the fields in which others may have their way: those that they changed (`Report`), and ignored
 * ones that they own.
 */
export function yieldFields(
  stated: KubeObject,
  live: KubeObject,
  schema: KindSchema,
  { ignored, yieldsChanges }: { readonly ignored: readonly string[]; readonly yieldsChanges: boolean },
): KubeObject {
  const others = fieldsOfOthers(live)
  const changed = yieldsChanges ? intersection(differingFields(stated, live, schema), others) : emptyFieldSet
  const paths = ignored.map(parseFieldPath)
  const left = [...pathsOf(others)].filter((path) => paths.some((prefix) => isWithin(path, prefix)))
  const set = union(withoutMarks(changed), fieldSetOfPaths(left))
  if (set.size === 0) return stated
  return (removeFields(stated, set, typeOfKind(schema), undefined) as KubeObject | undefined) ?? stated
}

/** `stated` without the fields that differ in `live` and are owned by `managers`; an empty name: by nobody. */
export function withoutFieldsOf(
  managers: ReadonlySet<string>,
  stated: KubeObject,
  live: KubeObject,
  schema: KindSchema,
): KubeObject {
  const others = live.metadata.managedFields?.filter((entry) => !isOurEntry(entry)) ?? []
  const owners = others.map(({ manager, fieldsV1 }) => ({ manager, fields: parseFieldSet(fieldsV1) }))
  const ownerOf = (path: FieldPath) => owners.find(({ fields }) => has(fields, path))?.manager ?? ''
  const paths = [...pathsOf(differingFields(stated, live, schema))].filter((path) => managers.has(ownerOf(path)))
  if (paths.length === 0) return stated
  const set = withoutMarks(fieldSetOfPaths(paths))
  return (removeFields(stated, set, typeOfKind(schema), undefined) as KubeObject | undefined) ?? stated
}

/** Our own label and annotations are never anybody else's. */
function withoutMarks(set: FieldSet): FieldSet {
  const marks = [...pathsOf(set)].filter((path) => path.some((step) => step.startsWith('f:flotilla.dev/')))
  return difference(set, fieldSetOfPaths(marks))
}

function fieldsOfOthers(live: KubeObject): FieldSet {
  return (live.metadata.managedFields ?? [])
    .filter((entry) => !isOurEntry(entry))
    .reduce((set, entry) => union(set, parseFieldSet(entry.fieldsV1)), emptyFieldSet)
}

/** `metadata.labels[a.b/c]` as a path: fields by dots, a key with dots in it in brackets. */
export function parseFieldPath(text: string): FieldPath {
  return [...text.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([whole, bracketed]) => fieldStep(bracketed ?? whole))
}

/** True at and below `prefix`; items of lists on the way match any item. */
function isWithin(path: FieldPath, prefix: FieldPath): boolean {
  const fields = path.filter((step) => fieldNameOf(step) !== undefined)
  return prefix.length <= fields.length && prefix.every((step, index) => step === fields[index])
}

function printPath(path: FieldPath): string {
  return path.map(printStep).join('').replace(/^\./, '')
}

function valueAtPath(value: unknown, path: FieldPath, root: FieldType): unknown {
  let [found, type]: [unknown, FieldType | undefined] = [value, root]
  for (const step of path) {
    const name = fieldNameOf(step)
    if (name !== undefined && isJsonObject(found)) {
      found = found[name]
      type = type?.map && fieldOf(type.map, name).type
    } else if (Array.isArray(found) && type?.list) {
      const { list } = type
      found = found.find((item) => itemStep(list, item) === step)
      type = list.items()
    } else return undefined
  }
  return found
}

/** `spec.replicas: wanted 3, found 5 (kubectl-edit)`, at most `limit` fields. */
export function describeDrift(drift: readonly FieldDrift[], limit = 5): string {
  const told = drift.slice(0, limit).map(({ path, wanted, found, manager }) => {
    const by = manager === undefined ? '' : ` (${manager})`
    return `${path}: wanted ${JSON.stringify(wanted)}, found ${found === undefined ? 'nothing' : JSON.stringify(found)}${by}`
  })
  const rest = drift.length - told.length
  return [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}
