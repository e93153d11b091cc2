// Errors about one field, worded as the API server words them (k8s.io/apimachinery/pkg/util/validation/field).
import { FlotillaError, type StatusCause } from './errors.ts'
import { groupResourceOf } from './resource.ts'

export function fieldRequired(field: string, detail = ''): StatusCause {
  return cause('FieldValueRequired', field, 'Required value', detail)
}

export function fieldForbidden(field: string, detail = ''): StatusCause {
  return cause('FieldValueForbidden', field, 'Forbidden', detail)
}

export function fieldInvalid(field: string, value: unknown, detail: string): StatusCause {
  return cause('FieldValueInvalid', field, `Invalid value: ${showValue(value)}`, detail)
}

export function fieldTypeInvalid(field: string, value: unknown, detail: string): StatusCause {
  return cause('FieldValueTypeInvalid', field, `Invalid value: ${showValue(value)}`, detail)
}

export function fieldDuplicate(field: string, value: unknown): StatusCause {
  return cause('FieldValueDuplicate', field, `Duplicate value: ${showValue(value)}`, '')
}

export function fieldNotFound(field: string, value: unknown): StatusCause {
  return cause('FieldValueNotFound', field, `Not found: ${showValue(value)}`, '')
}

export function fieldNotSupported(field: string, value: unknown, supported: readonly unknown[]): StatusCause {
  const names = supported.map((name) => JSON.stringify(typeof name === 'string' ? name : JSON.stringify(name)))
  const detail = names.length > 0 ? `supported values: ${names.join(', ')}` : ''
  return cause('FieldValueNotSupported', field, `Unsupported value: ${showValue(value)}`, detail)
}

export function fieldTooLong(field: string, maxBytes: number): StatusCause {
  return cause(
    'FieldValueTooLong',
    field,
    'Too long',
    `may not be more than ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'}`,
  )
}

export function fieldTooMany(field: string, actual: number, maximum: number): StatusCause {
  const detail = `must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`
  return cause('FieldValueTooMany', field, `Too many: ${actual}`, detail)
}

/** `field: message`, as upstream's Error() prints one. */
export function formatCause({ field, message }: StatusCause): string {
  return `${field}: ${message}`
}

/** Several causes as one text: the only one bare, more of them in brackets and each once. */
export function formatCauses(causes: readonly StatusCause[]): string {
  const texts = [...new Set(causes.map(formatCause))]
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
}

/** The 422 for an object of a kind: `Deployment.apps "web" is invalid: …`. */
export function invalidObject(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): FlotillaError {
  const what = groupResourceOf({ group: kind.group, plural: kind.kind })
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind, causes }
  return new FlotillaError('Invalid', `${what} ${JSON.stringify(name)} is invalid: ${formatCauses(causes)}`, details)
}

function cause(reason: string, field: string, body: string, detail: string): StatusCause {
  return { reason, message: detail === '' ? body : `${body}: ${detail}`, field }
}

function showValue(value: unknown): string {
  return JSON.stringify(value ?? null)
}
