// The object in a request's body: read, decoded, and checked against the URL that it was sent to.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { decodeBody, formatOf } from './decode-body.ts'
import { headerOf } from './exchange.ts'
import { readBody } from './read-body.ts'
import type { ResourceRequest } from './resource-request.ts'

const summaryBytes = 30

type Fields = Readonly<Record<string, unknown>>

/** Throws BadRequest for a body that does not parse, is of another kind, or contradicts the URL. */
export async function readObject(request: ResourceRequest): Promise<KubeObject> {
  const { exchange, resource } = request
  const { info } = exchange
  const body = await bytesOf(request)
  const format = formatOf(headerOf(exchange.request, 'content-type'), !resource.isCustom)
  const value = parse(body, format, resource.kind)
  if (info.subresource !== '' && info.subresource !== 'status') return subresourceObject(value, request)
  const object = withTypeMeta(value, apiVersionOf(resource), resource.kind)
  checkKind(object, request)
  return resource.virtual === true ? placed(object, '', info.namespace) : placedIn(object, request)
}

function placedIn(object: KubeObject, { exchange, resource, key }: ResourceRequest): KubeObject {
  const isCreate = exchange.info.verb === 'create'
  const { name } = object.metadata
  if (!isCreate && name !== undefined && name !== '' && name !== key.name) {
    throw new FlotillaError(
      'BadRequest',
      `the name of the object (${name}) does not match the name on the URL (${key.name})`,
    )
  }
  return placed(object, isCreate ? '' : key.name, resource.namespaced ? (key.namespace ?? '') : '')
}

/** `object` with the name and namespace of the URL where it has none. */
function placed(object: KubeObject, name: string, namespace: string): KubeObject {
  const { metadata } = object
  const stated = metadata.namespace ?? ''
  if (stated !== '' && stated !== namespace) {
    const text = 'the namespace of the provided object does not match the namespace sent on the request'
    throw new FlotillaError('BadRequest', text)
  }
  const hasAll = stated === namespace && (name === '' || metadata.name === name)
  if (hasAll) return object
  return { ...object, metadata: { ...metadata, ...(name === '' ? {} : { name }), namespace } }
}

/** Scale, Eviction, Binding, TokenRequest: kinds of their own. */
function subresourceObject(value: Fields, { key }: ResourceRequest): KubeObject {
  const metadata = metadataOf(value)
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== key.name) {
    throw new FlotillaError(
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`,
    )
  }
  const { apiVersion, kind } = value as { apiVersion?: string; kind?: string }
  return placed({ ...value, apiVersion: apiVersion ?? '', kind: kind ?? '', metadata }, key.name, key.namespace ?? '')
}

function checkKind(object: KubeObject, { resource }: ResourceRequest): void {
  const wanted = apiVersionOf(resource)
  const { apiVersion, kind } = object
  if (apiVersion !== wanted) {
    const text = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`
    throw new FlotillaError('BadRequest', text)
  }
  if (kind === resource.kind) return
  const internal = `${resource.group === '' ? 'core' : resource.group.split('.')[0]}.${resource.kind}`
  const why = `converting (${resource.version}.${kind}) to (${internal}): unknown conversion`
  throw cannotHandle(kind, resource.version, resource.kind, why)
}

function withTypeMeta(value: Fields, apiVersion: string, kind: string): KubeObject {
  const stated = value as { apiVersion?: string; kind?: string }
  const metadata = metadataOf(value)
  if (stated.apiVersion !== undefined && stated.kind !== undefined && value['metadata'] === metadata)
    return value as KubeObject
  return { ...value, apiVersion: stated.apiVersion || apiVersion, kind: stated.kind || kind, metadata }
}

function metadataOf(value: Fields): KubeObject['metadata'] {
  const metadata = value['metadata'] ?? {}
  if (typeof metadata !== 'object' || Array.isArray(metadata)) {
    throw new FlotillaError('BadRequest', 'Cannot read the body: metadata is no object')
  }
  return metadata as KubeObject['metadata']
}

function parse(body: Buffer, format: ReturnType<typeof formatOf>, kind: string): Fields {
  const value = decoded(body, format, kind)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw unrecognized(
    kind,
    `couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct`,
    body,
  )
}

function decoded(body: Buffer, format: ReturnType<typeof formatOf>, kind: string): unknown {
  try {
    return decodeBody(body, format)
  } catch (error) {
    if (isError(error)) throw error
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : ''
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${why}`, body)
  }
}

function unrecognized(kind: string, why: string, body: Buffer): FlotillaError {
  const isText = body.length === 0 || body[0] === 0x7b
  const head = body.subarray(0, summaryBytes)
  const rest = body.length > summaryBytes ? ' ...' : ''
  const summary = body.length === 0 ? '<empty>' : isText ? head.toString('utf8') + rest : head.toString('hex') + rest
  return new FlotillaError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`,
  )
}

export function cannotHandle(kind: string, version: string, wanted: string, why: string): FlotillaError {
  return new FlotillaError(
    'BadRequest',
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${wanted}: ${why}`,
  )
}

/** Undefined when the body is empty. */
export async function readDeleteOptions(request: ResourceRequest): Promise<Fields | undefined> {
  const body = await bytesOf(request)
  if (body.length === 0) return undefined
  const format = formatOf(headerOf(request.exchange.request, 'content-type'), true)
  return parse(body, format, 'DeleteOptions')
}

export function bytesOf({ exchange }: ResourceRequest): Promise<Buffer> {
  return readBody(exchange.request, headerOf(exchange.request, 'content-encoding'))
}
