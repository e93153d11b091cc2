// Render, rule 2: of what the hub holds, what people wrote. Defaults that the hub's server filled in are left to the
// member's server, or an older member would be told to have fields it does not know.
import { emptyFieldSet, parseFieldSet, union, type FieldNode, type FieldSet } from '@flotilla/machinery/field-set'
import { fieldStep } from '@flotilla/machinery/field-step'
import { fieldOf, itemStep } from '@flotilla/machinery/typed-value'
import { typeOfKind, type FieldType, type ListType, type MapType } from '@flotilla/machinery/field-type'
import { deepEqual, isObject, ownField, type JsonObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema, Schema } from '@flotilla/machinery/schema'
import { setField } from '@flotilla/machinery/json-value'
import { withoutContextDefaults } from './context-defaults.ts'
import { lastAppliedAnnotation, namedIn, withoutHubOnly } from './hub-only.ts'

const statedTemplates = new WeakMap<KubeObject, KubeObject>()

/**
 * What people wrote of `template`, without what belongs to the hub's copy. `schema` is the hub's, with its defaults;
 * without one everything is stated. Computed once for each version of a template.
 */
export function statedTemplate(template: KubeObject, schema: KindSchema | undefined): KubeObject {
  let stated = statedTemplates.get(template)
  if (stated === undefined) statedTemplates.set(template, (stated = computeStated(template, schema)))
  return stated
}

function computeStated(template: KubeObject, schema: KindSchema | undefined): KubeObject {
  const named: FieldNode = { member: false, children: fieldsOfAppliers(template) }
  const last = lastApplied(template)
  const isNamedAt = namedIn(named, last)
  const own = withoutHubOnly(template, isNamedAt)
  if (schema === undefined) return own
  const { apiVersion, kind, metadata, ...rest } = withoutContextDefaults(own, isNamedAt)
  const at: Place = { type: typeOfKind(schema), schema: schema.root, resolve: schema.resolve, named, last }
  return { apiVersion, kind, metadata, ...statedFields(rest, at) }
}

/** Union of what server-side appliers own. */
function fieldsOfAppliers(template: KubeObject): FieldSet {
  return (template.metadata.managedFields ?? [])
    .filter((entry) => entry.operation === 'Apply' && !entry.subresource)
    .reduce((set, entry) => union(set, parseFieldSet(entry.fieldsV1)), emptyFieldSet)
}

function lastApplied(template: KubeObject): unknown {
  const text = template.metadata.annotations?.[lastAppliedAnnotation]
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Where a value stands: its type and schema, and what of it was named. */
interface Place {
  readonly type: FieldType | undefined
  readonly schema: Schema | undefined
  readonly resolve: KindSchema['resolve']
  readonly named: FieldNode | undefined
  readonly last: unknown
}

function statedValue(value: unknown, at: Place): unknown {
  if (Array.isArray(value)) return at.type?.list ? statedItems(value, at.type.list, at) : value
  if (!isObject(value) || !at.type?.map || at.type.map.atomic) return value
  const kept = statedFields(value, at)
  const isGone = Object.keys(kept).length === 0 && Object.keys(value).length > 0
  return isGone && !isNamed(at) && fillsItself(at.schema) ? undefined : kept
}

function statedFields(value: JsonObject, at: Place): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const below = placeOfField(name, at)
    if (!isNamed(below) && isDefault(value[name], below.schema)) continue
    const field = statedValue(value[name], below)
    if (field !== undefined) setField(kept, name, field)
  }
  return kept
}

function statedItems(items: readonly unknown[], list: ListType, at: Place): unknown {
  if (list.atomic || list.keys.length === 0) return items
  const lastItems = new Map(asItems(at.last).map((item) => [itemStep(list, item), item]))
  const schema = resolved(resolved(at.schema, at.resolve)?.items, at.resolve)
  return items.map((item) => {
    if (!isObject(item)) return item
    const step = itemStep(list, item)
    const named = at.named?.children.get(step)
    const kept = statedFields(item, { ...at, type: list.items(), schema, named, last: lastItems.get(step) })
    return { ...keysOf(item, list.keys), ...kept }
  })
}

function asItems(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function keysOf(item: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]))
}

function placeOfField(name: string, at: Place): Place {
  return {
    type: fieldOf(at.type?.map as MapType, name).type,
    schema: fieldSchema(resolved(at.schema, at.resolve), name),
    resolve: at.resolve,
    named: at.named?.children.get(fieldStep(name)),
    last: isObject(at.last) ? ownField(at.last, name) : undefined,
  }
}

/** The values of a map are its author's: a default that the schema states for them is no server's doing. */
function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const field = schema?.properties?.[name]
  if (field !== undefined) return field
  const others = schema?.additionalProperties
  if (typeof others !== 'object') return undefined
  const { default: _, ...rest } = others
  return rest
}

function isNamed({ named, last }: Place): boolean {
  return named !== undefined || last !== undefined
}

function isDefault(value: unknown, schema: Schema | undefined): boolean {
  return value === null || (schema?.default !== undefined && deepEqual(value, schema.default))
}

/** True for an object that the server makes by itself, so that leaving it out changes nothing. */
function fillsItself(schema: Schema | undefined): boolean {
  return schema?.default !== undefined
}

/** The schema behind references; the default beside a reference is the field's own. */
function resolved(schema: Schema | undefined, resolve: KindSchema['resolve']): Schema | undefined {
  const ref = schema?.$ref ?? (schema?.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
  return ref === undefined ? schema : resolve(ref)
}
