// What the rules of apply need to know of a schema: which values are owned whole, which by field, key or item.
import { fieldStep, type FieldStep } from './field-step.ts'
import { objectMetaSchema } from './object-meta-schema.ts'
import type { KindSchema, ResolveSchema, Schema } from './schema.ts'

export type ScalarType = 'number' | 'string' | 'boolean' | 'any'

/** The shapes that a value may have; more than one where the schema names no type. */
export interface FieldType {
  readonly scalar?: ScalarType
  readonly list?: ListType
  readonly map?: MapType
}

export interface ListType {
  readonly atomic: boolean
  /** Key fields of a keyed list; none: a set of primitives. */
  readonly keys: readonly string[]
  readonly items: () => FieldType
  /** What an item that leaves the key field out means by it. */
  readonly keyDefault: (key: string) => unknown
}

export interface MapType {
  readonly atomic: boolean
  /** Fields that the schema names. */
  readonly fields: ReadonlyMap<string, NamedField>
  /** Type of every other field; none: there may not be any. */
  readonly others?: (() => FieldType) | undefined
}

export interface NamedField {
  readonly step: FieldStep
  readonly type: () => FieldType
  readonly schema: Schema
}

/** The type of whole objects of a kind. Compiled once for each schema and lazily, as schemas may be recursive. */
export function typeOfKind(kind: KindSchema): FieldType {
  let type = kindTypes.get(kind)
  if (type === undefined) {
    type = compilerFor(kind.resolve).object(kind.root)
    kindTypes.set(kind, type)
  }
  return type
}

const kindTypes = new WeakMap<KindSchema, FieldType>()
const compilers = new WeakMap<ResolveSchema, TypeCompiler>()

function compilerFor(resolve: ResolveSchema): TypeCompiler {
  let compiler = compilers.get(resolve)
  if (compiler === undefined) compilers.set(resolve, (compiler = new TypeCompiler(resolve)))
  return compiler
}

/** The type of a value of which nothing is known and that is owned whole. */
const untyped: FieldType = {
  scalar: 'any',
  list: { atomic: true, keys: [], items: () => untyped, keyDefault: () => undefined },
  map: { atomic: true, fields: new Map(), others: () => untyped },
}

/** The type of a value of which nothing is known: maps by field, lists whole. */
export const deduced: FieldType = {
  scalar: 'any',
  list: { atomic: true, keys: [], items: () => untyped, keyDefault: () => undefined },
  map: { atomic: false, fields: new Map(), others: () => deduced },
}

const anyScalar: FieldType = { scalar: 'any' }

/** Kubernetes' own schemas that mean more than they say. */
const specialTypes: readonly (readonly [suffix: string, type: FieldType])[] = [
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', anyScalar],
  ['io.k8s.apimachinery.pkg.runtime.RawExtension', untyped],
]

class TypeCompiler {
  readonly #resolve: ResolveSchema
  readonly #closed = new WeakMap<Schema, FieldType>()
  readonly #open = new WeakMap<Schema, FieldType>()
  readonly #refs = new Map<string, FieldType>()

  constructor(resolve: ResolveSchema) {
    this.#resolve = resolve
  }

  /** A whole object: it has apiVersion, kind and metadata even where its schema leaves them to be understood. */
  object(schema: Schema): FieldType {
    return this.#typeOf({ ...dereference(schema, this.#resolve), 'x-kubernetes-embedded-resource': true }, false)
  }

  /** `open`: a schema further up lets unknown fields be. */
  #typeOf(schema: Schema, open: boolean): FieldType {
    const ref = refOf(schema)
    if (ref !== undefined) return this.#typeOfRef(ref, schema['x-kubernetes-map-type'])
    const opens = open || schema['x-kubernetes-preserve-unknown-fields'] === true
    const cache = opens ? this.#open : this.#closed
    let type = cache.get(schema)
    if (type === undefined) cache.set(schema, (type = this.#compile(schema, opens)))
    return type
  }

  #typeOfRef(ref: string, mapType: Schema['x-kubernetes-map-type']): FieldType {
    const key = mapType === undefined ? ref : `${ref} ${mapType}`
    let type = this.#refs.get(key)
    if (type === undefined) this.#refs.set(key, (type = this.#compileRef(ref, mapType)))
    return type
  }

  #compileRef(ref: string, mapType: Schema['x-kubernetes-map-type']): FieldType {
    const special = specialTypes.find(([suffix]) => ref.endsWith(suffix))
    if (special !== undefined) return special[1]
    const target = this.#resolve(ref)
    if (target === undefined) return deduced
    const type = this.#typeOf(target, false)
    if (mapType === undefined || type.map === undefined) return type
    return { ...type, map: { ...type.map, atomic: mapType === 'atomic' } }
  }

  #compile(schema: Schema, open: boolean): FieldType {
    switch (schema.type) {
      case 'object':
        return { map: this.#mapOf(schema, open) }
      case 'array':
        return { list: this.#listOf(schema, open) }
      case 'string':
        return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'any' }
      case 'integer':
      case 'number':
        return { scalar: 'number' }
      case 'boolean':
        return { scalar: 'boolean' }
      default:
        return { scalar: 'any', list: this.#listOf(schema, open), map: this.#mapOf(schema, open) }
    }
  }

  #mapOf(schema: Schema, open: boolean): MapType {
    const fields = new Map<string, NamedField>()
    for (const [name, field] of Object.entries(propertiesOf(schema))) {
      fields.set(name, { step: fieldStep(name), schema: field, type: () => this.#typeOf(field, open) })
    }
    return { atomic: schema['x-kubernetes-map-type'] === 'atomic', fields, others: this.#othersOf(schema, open) }
  }

  #othersOf(schema: Schema, open: boolean): (() => FieldType) | undefined {
    const others = schema.additionalProperties
    if (typeof others === 'object') return () => this.#typeOf(others, open)
    if (others !== undefined) return others ? () => deduced : undefined
    return open || Object.keys(schema.properties ?? {}).length === 0 ? () => deduced : undefined
  }

  #listOf(schema: Schema, open: boolean): ListType {
    const { items } = schema
    return {
      ...relationOf(schema),
      items: items === undefined ? () => untyped : () => this.#typeOf(items, open),
      keyDefault: (key) => (items && dereference(items, this.#resolve).properties?.[key]?.default) ?? undefined,
    }
  }
}

const embeddedFields: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
}

function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  const properties = schema.properties ?? {}
  if (!schema['x-kubernetes-embedded-resource']) return properties
  const { metadata } = properties
  const isKnown =
    metadata !== undefined && (refOf(metadata) !== undefined || metadata.properties?.['labels'] !== undefined)
  return { ...embeddedFields, ...properties, metadata: isKnown ? metadata : objectMetaSchema }
}

function relationOf(schema: Schema): Pick<ListType, 'atomic' | 'keys'> {
  switch (schema['x-kubernetes-list-type']) {
    case 'map':
      return { atomic: false, keys: schema['x-kubernetes-list-map-keys'] ?? [] }
    case 'set':
      return { atomic: false, keys: [] }
    case 'atomic':
      return { atomic: true, keys: [] }
    default:
      return patchRelationOf(schema)
  }
}

/** Lists that say nothing of apply but are merged by strategic patches are merged by apply too. */
function patchRelationOf(schema: Schema): Pick<ListType, 'atomic' | 'keys'> {
  const merges = schema['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false
  const key = schema['x-kubernetes-patch-merge-key']
  return { atomic: !merges, keys: merges && key !== undefined ? [key] : [] }
}

function refOf(schema: Schema): string | undefined {
  return schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
}

function dereference(schema: Schema, resolve: ResolveSchema): Schema {
  const ref = refOf(schema)
  return ref === undefined ? schema : (resolve(ref) ?? {})
}
