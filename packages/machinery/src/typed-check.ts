// Refuses an applied configuration that does not fit its schema's shapes, before anything is merged.
import { FlotillaError } from './errors.ts'
import { fieldStep, printStep, type FieldStep } from './field-step.ts'
import { typeOfKind, type FieldType, type ListType, type MapType, type ScalarType } from './field-type.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import type { KindSchema } from './schema.ts'
import { itemStep, shapeOf } from './typed-value.ts'

/** What is wrong with `value`, one sentence each, beginning with the path; none: it fits. */
export function misfitsOf(value: JsonObject, schema: KindSchema): readonly string[] {
  const misfits: string[] = []
  checkValue(value, typeOfKind(schema), [], misfits)
  return misfits
}

function checkValue(value: unknown, type: FieldType, path: FieldStep[], misfits: string[]): void {
  if (value === null || value === undefined) return
  switch (shapeOf(type, value)) {
    case 'map':
      return checkMap(value, type.map as MapType, path, misfits)
    case 'list':
      return checkList(value, type.list as ListType, path, misfits)
    default:
      return checkScalar(value, type.scalar ?? 'any', path, misfits)
  }
}

function checkMap(value: unknown, type: MapType, path: FieldStep[], misfits: string[]): void {
  if (!isJsonObject(value)) return misfit(misfits, path, `expected map, got ${JSON.stringify(value)}`)
  for (const name in value) {
    const field = type.fields.get(name)
    const below = field?.type() ?? type.others?.()
    path.push(field?.step ?? fieldStep(name))
    if (below === undefined) misfit(misfits, path, 'field not declared in schema')
    else checkValue(value[name], below, path, misfits)
    path.pop()
  }
}

function checkList(value: unknown, type: ListType, path: FieldStep[], misfits: string[]): void {
  if (!Array.isArray(value)) return misfit(misfits, path, `expected list, got ${JSON.stringify(value)}`)
  const seen = new Set<FieldStep>()
  for (const [index, item] of value.entries()) {
    const step = type.atomic ? `i:${index}` : stepOrMisfit(type, item, index, path, misfits)
    if (step === undefined) return
    if (seen.has(step)) misfit(misfits, path, `duplicate entries for key ${printStep(step)}`)
    seen.add(step)
    path.push(step)
    checkValue(item, type.items(), path, misfits)
    path.pop()
  }
}

function stepOrMisfit(
  type: ListType,
  item: unknown,
  index: number,
  path: readonly FieldStep[],
  misfits: string[],
): FieldStep | undefined {
  try {
    return itemStep(type, item)
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
    misfit(misfits, path, `element ${index}: ${error.message}`)
    return undefined
  }
}

function checkScalar(value: unknown, type: ScalarType, path: readonly FieldStep[], misfits: string[]): void {
  if (type === 'any' ? typeof value !== 'object' : typeof value === type) return
  misfit(
    misfits,
    path,
    `expected ${scalarNames[type]}, got ${type === 'number' ? goTypeOf(value) : JSON.stringify(value)}`,
  )
}

const scalarNames: Readonly<Record<ScalarType, string>> = {
  any: 'any scalar',
  string: 'string',
  number: 'numeric (int or float)',
  boolean: 'boolean',
}

/** Go's name of the type that the value is decoded into. */
function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function misfit(misfits: string[], path: readonly FieldStep[], why: string): void {
  misfits.push(path.length === 0 ? why : `${path.map(printStep).join('')}: ${why}`)
}
