// The object in a request's body: read, decoded, and checked against the URL that it was sent to.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf, parseApiVersion } from '@flotilla/machinery/resource'
import type { RequestContext } from '../operations.ts'
import { invalid } from '../operations/refusals.ts'
import { jsonType, wrongType } from '../operations/wrong-types.ts'
import type { ResourceCatalog, ServedResource } from '../served-resource.ts'
import { decodeBody, formatOf, type BodyFormat, type DecodedBody } from './decode-body.ts'
import { headerOf, type Exchange } from './exchange.ts'
import { readBody } from './read-body.ts'
import type { ResourceRequest } from './resource-request.ts'

const summaryBytes = 30

type Fields = Readonly<Record<string, unknown>>

export interface ReadBody {
  readonly object: KubeObject
  /** The request's context, with what is wrong in the body's text. */
  readonly context: RequestContext
}

/** Throws BadRequest for a body that does not parse, is of another kind, or contradicts the URL. */
export async function readObject(request: ResourceRequest): Promise<ReadBody> {
  const { exchange, resource } = request
  const { context } = exchange
  const body = await bytesOf(request)
  const format = formatOf(headerOf(exchange.request, 'content-type'), !resource.isCustom)
  const { value, problems } = parse(body, format, resource.kind, findsDuplicates(exchange))
  const known = problems === undefined ? context : { ...context, bodyProblems: problems }
  return { object: objectOf(value, body, request), context: known }
}

function objectOf(value: Fields, body: Buffer, request: ResourceRequest): KubeObject {
  const { exchange, resource } = request
  const { subresource, namespace } = exchange.info
  if (subresource !== '' && !subresourcesOfItself.has(subresource)) return subresourceObject(value, request)
  if (resource.isCustom && !value['kind']) throw kindMissing(resource.kind, body)
  const object = withTypeMeta(value, request)
  checkKind(object, request)
  return resource.virtual === true ? placed(object, '', namespace) : placedIn(object, request)
}

/** Subresources whose body is the object itself. */
const subresourcesOfItself = new Set(['status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'])

export function findsDuplicates({ info }: Exchange): boolean {
  return info.query.get('fieldValidation') !== 'Ignore'
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
  return placed(object, '', resource.namespaced ? (key.namespace ?? '') : '')
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
function subresourceObject(value: Fields, { key, resource }: ResourceRequest): KubeObject {
  const metadata = metadataOf(value, resource)
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== key.name) {
    throw new FlotillaError(
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`,
    )
  }
  const { apiVersion, kind } = value as { apiVersion?: string; kind?: string }
  return placed({ ...value, apiVersion: apiVersion ?? '', kind: kind ?? '', metadata }, key.name, key.namespace ?? '')
}

function checkKind(object: KubeObject, { deps, resource }: ResourceRequest): void {
  const wanted = apiVersionOf(resource)
  const { apiVersion, kind } = object
  if (apiVersion === wanted && kind === resource.kind) return
  if (!resource.isCustom) refuseOtherKind(deps.catalog, object, resource)
  if (apiVersion !== wanted) {
    const text = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`
    throw new FlotillaError('BadRequest', text)
  }
  const cause = fieldInvalid('kind', kind, `must be ${resource.kind}`)
  throw invalid({ group: resource.group, kind }, object.metadata.name ?? '', [cause])
}

/** A body is first read as what it says it is. */
function refuseOtherKind(catalog: ResourceCatalog, object: KubeObject, resource: ServedResource): void {
  const { apiVersion, kind } = object
  const { version } = parseApiVersion(apiVersion)
  const known = catalog.findKind(apiVersion, kind)
  if (known === undefined || known.isCustom) {
    const scheme = 'in scheme "pkg/runtime/scheme.go:111"'
    const why = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${scheme}`
    throw cannotHandle(kind, version, resource.kind, why)
  }
  const wrong = wrongType(known.schema, known.schemaName, object)
  if (wrong !== undefined) throw cannotHandle(kind, version, resource.kind, wrong)
  if (kind === resource.kind) return
  const internal = `${resource.group === '' ? 'core' : resource.group.split('.')[0]}.${resource.kind}`
  const why = `converting (${version}.${kind}) to (${internal}): unknown conversion`
  throw cannotHandle(kind, version, resource.kind, why)
}

function withTypeMeta(value: Fields, { resource }: ResourceRequest): KubeObject {
  const stated = value as { apiVersion?: string; kind?: string }
  const metadata = metadataOf(value, resource)
  if (stated.apiVersion !== undefined && stated.kind !== undefined && value['metadata'] === metadata)
    return value as KubeObject
  const apiVersion = stated.apiVersion || apiVersionOf(resource)
  return { ...value, apiVersion, kind: stated.kind || resource.kind, metadata }
}

function metadataOf(value: Fields, resource: ServedResource): KubeObject['metadata'] {
  const metadata = value['metadata'] ?? {}
  if (typeof metadata === 'object' && !Array.isArray(metadata)) return metadata as KubeObject['metadata']
  const struct = resource.isCustom ? resource.kind : (resource.schemaName.split('.').at(-1) ?? '')
  const why = `json: cannot unmarshal ${jsonType(metadata)} into Go struct field ${struct}.metadata of type v1.ObjectMeta`
  throw cannotHandle(resource.kind, resource.version, resource.kind, why)
}

function kindMissing(kind: string, body: Buffer): FlotillaError {
  return unrecognized(kind, `Object 'Kind' is missing in '${body.toString('utf8')}'`, body)
}

/** The type that the kind of a body is looked for with. */
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

function parse(body: Buffer, format: BodyFormat, kind: string, duplicates: boolean): DecodedBody & { value: Fields } {
  const { value, ...rest } = decoded(body, format, kind, duplicates)
  if (value === null) return { ...rest, value: {} }
  if (typeof value === 'object' && !Array.isArray(value)) return { ...rest, value: value as Fields }
  const why = `json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeMeta}`
  throw unrecognized(kind, `couldn't get version/kind; json parse error: ${why}`, body)
}

function decoded(body: Buffer, format: BodyFormat, kind: string, duplicates: boolean): DecodedBody {
  try {
    return decodeBody(body, format, duplicates)
  } catch (error) {
    if (isError(error)) throw error
    const why = error instanceof Error ? error.message : ''
    throw unrecognized(kind, format !== 'json' ? why : `couldn't get version/kind; json parse error: ${why}`, body)
  }
}

function unrecognized(kind: string, why: string, body: Buffer): FlotillaError {
  return new FlotillaError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${kind === 'Secret' ? 'not shown' : summaryOf(body)})`,
  )
}

function summaryOf(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const head = body.subarray(0, summaryBytes)
  return head.toString(body[0] === 0x7b ? 'utf8' : 'hex') + (body.length > summaryBytes ? ' ...' : '')
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
  const options = deleteOptionsIn(body, format)
  const { apiVersion = 'v1', kind = 'DeleteOptions' } = options as { apiVersion?: string; kind?: string }
  if (kind === 'DeleteOptions') return options
  const scheme = 'in scheme "pkg/runtime/scheme.go:111"'
  throw new FlotillaError(
    'BadRequest',
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${scheme}`,
  )
}

function deleteOptionsIn(body: Buffer, format: BodyFormat): Fields {
  try {
    const { value } = decodeBody(body, format, false)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
    throw new SyntaxError(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeMeta}`)
  } catch (error) {
    if (isError(error)) throw error
    const why = error instanceof Error ? error.message : ''
    throw new FlotillaError('BadRequest', `couldn't get version/kind; json parse error: ${why}`)
  }
}

export function bytesOf({ exchange }: ResourceRequest): Promise<Buffer> {
  return readBody(exchange.request, headerOf(exchange.request, 'content-encoding'))
}
