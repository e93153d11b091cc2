// Which schemas a definition may carry: structural ones, where every value has one type in one place.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { patternError } from '@flotilla/machinery/pattern'
import type { Schema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'

/** What makes `root` no structural schema; `field` is where it stands. */
export function structuralCauses(root: Schema, field: string): readonly StatusCause[] {
  if (root.type === undefined) {
    return [fieldRequired(`${field}.type`, 'must not be empty at the root'), ...nodeCauses(root, field)]
  }
  if (root.type !== 'object') return [fieldInvalid(`${field}.type`, root.type, 'must be object at the root')]
  const causes: StatusCause[] = []
  const metadata = root.properties?.metadata
  if (metadata && Object.keys(metadata.properties ?? {}).some((name) => name !== 'name' && name !== 'generateName')) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    causes.push(fieldForbidden(`${field}.properties[metadata]`, why))
  }
  return [...causes, ...nodeCauses(root, field)]
}

function nodeCauses(schema: Schema, field: string): StatusCause[] {
  return [...keywordCauses(schema, field), ...childCauses(schema, field), ...junctorCauses(schema, field)]
}

function childCauses(schema: Schema, field: string): StatusCause[] {
  const causes: StatusCause[] = []
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const at = `${field}.properties[${name}]`
    causes.push(...typeCauses(child, at, 'must not be empty for specified object fields'), ...nodeCauses(child, at))
  }
  if (schema.items) {
    const at = `${field}.items`
    causes.push(
      ...typeCauses(schema.items, at, 'must not be empty for specified array items'),
      ...nodeCauses(schema.items, at),
    )
  }
  if (typeof schema.additionalProperties === 'object') {
    const at = `${field}.additionalProperties`
    const child = schema.additionalProperties
    causes.push(...typeCauses(child, at, 'must not be empty for specified object fields'), ...nodeCauses(child, at))
  }
  return causes
}

function typeCauses(schema: Schema, field: string, why: string): StatusCause[] {
  const isOpen = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']
  return schema.type === undefined && !isOpen ? [fieldRequired(`${field}.type`, why)] : []
}

function keywordCauses(schema: Schema, field: string): StatusCause[] {
  const causes: StatusCause[] = []
  if (schema.$ref !== undefined) causes.push(fieldForbidden(`${field}.$ref`, '$ref is not supported'))
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    causes.push(fieldForbidden(`${field}.uniqueItems`, why))
  }
  if (schema.type === 'array' && schema.items === undefined) {
    causes.push(fieldRequired(`${field}.items`, 'must be specified'))
  }
  if (schema.additionalProperties === false) {
    causes.push(fieldForbidden(`${field}.additionalProperties`, 'additionalProperties cannot be set to false'))
  }
  if (schema.properties && schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
    causes.push(
      fieldForbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    )
  }
  if (schema['x-kubernetes-list-type'] === 'map' && !schema['x-kubernetes-list-map-keys']?.length) {
    const why = 'must not be empty if x-kubernetes-list-type is map'
    causes.push(fieldRequired(`${field}.x-kubernetes-list-map-keys`, why))
  }
  if (schema.pattern !== undefined) causes.push(...patternCauses(schema.pattern, `${field}.pattern`))
  if (schema.default !== undefined) causes.push(...defaultCauses(schema, `${field}.default`))
  return causes
}

function patternCauses(pattern: string, field: string): StatusCause[] {
  const why = patternError(pattern)
  if (why === undefined) return []
  return [fieldInvalid(field, pattern, `must be a valid regular expression, but isn't: ${why}`)]
}

/** A default must fit what it is the default of. */
function defaultCauses(schema: Schema, field: string): StatusCause[] {
  const causes = validateValue({ root: schema, resolve: () => undefined }, schema.default)
  return causes.map((cause) => {
    const below = cause.field === undefined || cause.field === '<nil>' ? '' : `.${cause.field}`
    return { ...cause, field: `${field}${below}` }
  })
}

/** Under allOf, anyOf, oneOf and not, values are restricted further, never typed or defaulted. */
function junctorCauses(schema: Schema, field: string): StatusCause[] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((child, index) => [child, `${field}.${name}[${index}]`] as const),
  )
  const all = schema.not ? [...lists, [schema.not, `${field}.not`] as const] : lists
  return all.flatMap(([child, at]) => restrictionCauses(child, at, schema['x-kubernetes-int-or-string'] === true))
}

function restrictionCauses(schema: Schema, field: string, mayHaveType: boolean): StatusCause[] {
  const causes: StatusCause[] = []
  if (schema.type !== undefined && !mayHaveType) {
    causes.push(fieldForbidden(`${field}.type`, 'must be empty to be structural'))
  }
  if (schema.default !== undefined)
    causes.push(fieldForbidden(`${field}.default`, 'must be undefined to be structural'))
  if (schema.description) causes.push(fieldForbidden(`${field}.description`, 'must be empty to be structural'))
  return causes
}

const ruled = new WeakMap<Schema, boolean>()

/** True when a rule of CEL stands anywhere in the schema. */
export function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ]
  const found = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || children.some(hasRules)
  ruled.set(schema, found)
  return found
}
