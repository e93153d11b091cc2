// What people are shown of an object: everything but the values of Secrets.
import { isObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'

const mask = '***'
const secretFields = ['data', 'stringData'] as const

/** `object`, its values hidden when it is a Secret. For printing only: never sent to a member. */
export function maskSecret<T extends KubeObject>(object: T): T {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const masked = secretFields.flatMap((field) => {
    const values = object[field]
    return isObject(values) ? [[field, Object.fromEntries(Object.keys(values).map((key) => [key, mask]))]] : []
  })
  return { ...object, ...Object.fromEntries(masked) }
}

/** `value`, hidden when `path` leads to the value of a Secret. */
export function maskValue(kind: string, path: string, value: unknown): unknown {
  const isSecretValue =
    kind === 'Secret' &&
    secretFields.some((field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`))
  return isSecretValue && value !== undefined ? mask : value
}
