// ConfigMaps and Secrets.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import { utf8Length } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import { syntaxErrorOf } from '../http/json-syntax.ts'
import { immutable } from './checks.ts'
import type { KindRules } from './rules.ts'

type Values = Readonly<Record<string, string>>

interface Config extends KubeObject {
  readonly data?: Values
  readonly binaryData?: Values
  readonly stringData?: Values
  readonly immutable?: boolean
  readonly type?: string
}

const maxBytes = 1024 * 1024

function keyCauses(values: Values | undefined, field: string): StatusCause[] {
  return Object.keys(values ?? {}).flatMap((key) =>
    keyProblems(key).map((why) => fieldInvalid(`${field}[${key}]`, key, why)),
  )
}

function keyProblems(key: string): readonly string[] {
  if (key.length > 253) return ['must be no more than 253 characters']
  if (key === '.') return ["must not be '.'"]
  if (key === '..') return ["must not be '..'"]
  if (key.startsWith('..')) return ["must not start with '..'"]
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return []
  return [
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  ]
}

function bytesOf(values: Values | undefined, isBase64: boolean): number {
  let bytes = 0
  for (const value of Object.values(values ?? {}))
    bytes += isBase64 ? Buffer.byteLength(value, 'base64') : utf8Length(value)
  return bytes
}

function frozenCauses(object: KubeObject, before: KubeObject, fields: readonly (keyof Config)[]): StatusCause[] {
  if (!(before as Config).immutable) return []
  const why = 'field is immutable when `immutable` is set'
  const causes = (object as Config).immutable ? [] : [fieldForbidden('immutable', why)]
  const changed = fields.filter((field) => !deepEqual(object[field] ?? {}, before[field] ?? {}))
  return [...causes, ...changed.map((field) => fieldForbidden(String(field), why))]
}

function withoutEmptyData(object: KubeObject): KubeObject {
  const { data } = object as Config
  if (data === undefined || Object.keys(data).length > 0) return object
  const { data: _, ...rest } = object as Config
  return rest as KubeObject
}

export const configMaps: KindRules = {
  defaults: withoutEmptyData,
  validate(object) {
    const { data, binaryData } = object as Config
    const both = Object.keys(data ?? {}).filter((key) => Object.hasOwn(binaryData ?? {}, key))
    const causes = [
      ...keyCauses(data, 'data'),
      ...both.map((key) => fieldInvalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
      ...keyCauses(binaryData, 'binaryData'),
      ...base64Causes(binaryData, 'binaryData'),
    ]
    if (bytesOf(data, false) + bytesOf(binaryData, true) > maxBytes) causes.push(fieldTooLong('[]', maxBytes))
    return causes
  },
  validateUpdate: (object, before) => frozenCauses(object, before, ['data', 'binaryData']),
}

export const secrets: KindRules = {
  defaults(object) {
    const { stringData, ...secret } = object as Config
    if (stringData === undefined) return withoutEmptyData(object)
    const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
    return withoutEmptyData({ ...secret, data: { ...secret.data, ...Object.fromEntries(encoded) } } as KubeObject)
  },
  prepareForUpdate(object, before) {
    const { type } = object as Config
    return type ? object : { ...object, type: (before as Config).type }
  },
  validate(object) {
    const { data } = object as Config
    const causes = [...keyCauses(data, 'data'), ...base64Causes(data, 'data')]
    if (bytesOf(data, true) > maxBytes) causes.push(fieldTooLong('data', maxBytes))
    return [...causes, ...typeCauses(object as Config)]
  },
  validateUpdate: (object, before) => [
    ...immutable((object as Config).type, (before as Config).type, 'type'),
    ...frozenCauses(object, before, ['data']),
  ],
  selectableFields: { type: (object) => (object as Config).type },
}

function base64Causes(values: Values | undefined, field: string): StatusCause[] {
  const wrong = Object.entries(values ?? {}).filter(([, value]) => !isBase64(value))
  return wrong.map(([key]) => fieldInvalid(`${field}[${key}]`, '<redacted>', 'must be base64'))
}

function isBase64(value: string): boolean {
  return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
}

const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

/** Types whose key holds JSON. */
const jsonKeys: Readonly<Record<string, string>> = {
  'kubernetes.io/dockercfg': '.dockercfg',
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return syntaxErrorOf(text)
  }
}

const serviceAccountName = 'kubernetes.io/service-account.name'

function typeCauses({ type = '', data = {}, metadata }: Config): StatusCause[] {
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[serviceAccountName]) {
    return [fieldRequired(`metadata.annotations[${serviceAccountName}]`)]
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    return [fieldRequired('data[username]'), fieldRequired('data[password]')]
  }
  const registry = jsonKeys[type]
  if (registry !== undefined && data[registry] !== undefined) {
    const why = jsonError(Buffer.from(data[registry], 'base64').toString('utf8'))
    return why === undefined ? [] : [fieldInvalid(`data[${registry}]`, '<secret contents redacted>', why)]
  }
  const missing = (requiredKeys[type] ?? []).filter((key) => data[key] === undefined)
  return missing.map((key) => fieldRequired(`data[${key}]`))
}
