// Requests for resources: from the words of a request to one of the operations, and its result to an answer.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Reviews } from '../access/reviews.ts'
import { subresourcesOf } from '../discovery/subresources.ts'
import type { Operations } from '../operations.ts'
import { notFound } from '../operations/refusals.ts'
import type { ResourceCatalog, ServedResource } from '../served-resource.ts'
import { readDeleteOptions, readObject } from './object-body.ts'
import { headerOf, type Exchange } from './exchange.ts'
import { negotiate } from './negotiate.ts'
import { patchRequest } from './patch-request.ts'
import { listOptions, deleteOptions, watchOptions, writeOptions } from './query-options.ts'
import { listOf, presentList, presentObject, type Shape } from './resource-answers.ts'
import type { RequestInfo } from './parse-request.ts'
import { respondObject, respondText } from './respond.ts'
import { streamWatch } from './watch-stream.ts'

export interface ResourceDeps {
  readonly env: Env
  readonly operations: Operations
  readonly catalog: ResourceCatalog
  readonly reviews: Reviews
}

/** One request whose resource is known. */
export interface ResourceRequest {
  readonly deps: ResourceDeps
  readonly exchange: Exchange
  readonly resource: ServedResource
  readonly key: ObjectKey
  readonly shape: Shape
  readonly userAgent: string | undefined
}

const handlers: ReadonlyMap<string, (request: ResourceRequest) => Promise<void>> = new Map([
  ['get', get],
  ['list', list],
  ['watch', watch],
  ['create', create],
  ['update', update],
  ['patch', patch],
  ['delete', remove],
  ['deletecollection', removeCollection],
])

export async function handleResource(deps: ResourceDeps, exchange: Exchange): Promise<void> {
  const { info, request } = exchange
  const resource = deps.catalog.find(info.group, info.version, info.resource)
  if (resource === undefined) return notServed(deps, exchange)
  if (isElsewhere(resource, info)) return respondElsewhere(resource, exchange)
  checkRoute(resource, exchange)
  const deprecation = deprecated.get(`${info.group}/${info.version}/${info.resource}`)
  if (deprecation !== undefined) exchange.context.warn(deprecation)
  const handle = handlers.get(info.verb)
  if (handle === undefined) throw notAllowed()
  const shape = {
    format: negotiate(headerOf(request, 'accept')),
    include: includeOf(info.query),
    now: deps.env.clock.now(),
  }
  const key =
    info.namespace === '' || !resource.namespaced ? { name: info.name } : { name: info.name, namespace: info.namespace }
  await handle({ deps, exchange, resource, key, shape, userAgent: headerOf(request, 'user-agent') })
}

/** Of a known group: a Status; of any other: the plain text of no route at all. */
async function notServed({ catalog }: ResourceDeps, exchange: Exchange): Promise<void> {
  const { group } = exchange.info
  const isBuiltinGroup = catalog.all().some((one) => one.group === group && !one.isCustom)
  if (isBuiltinGroup) throw noSuchResource()
  await respondNoPage(exchange)
}

export function respondNoPage(exchange: Exchange): Promise<void> {
  const headers = { 'x-content-type-options': 'nosniff' }
  return respondText(exchange, 404, 'text/plain; charset=utf-8', '404 page not found\n', headers)
}

/** Throws for a path or a method that the resource has not: what was authorized must be what is done. */
function checkRoute(resource: ServedResource, { info }: Exchange): void {
  const { namespace, name, subresource, rest, verb, method } = info
  if (rest.length > 0) throw noSuchResource()
  if (subresource !== '') return checkSubresource(resource, info)
  if (resource.namespaced && namespace === '' && verb !== 'list' && verb !== 'watch') {
    if (name !== '') throw noSuchResource()
    if (!(resource.virtual && verb === 'create')) throw notAllowed()
  }
  const isOfObject = verb === 'update' || verb === 'patch'
  const isMisnamed = (isOfObject && name === '') || (verb === 'create' && name !== '')
  const isNoRead = (verb === 'watch' || verb === 'list' || verb === 'get') && method !== 'GET'
  if (isMisnamed || isNoRead || !resource.verbs.includes(verb)) throw notAllowed()
}

/** Resources that are going out of use, as their answers warn. */
const deprecated: ReadonlyMap<string, string> = new Map([
  ['/v1/endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  ['/v1/componentstatuses', 'v1 ComponentStatus is deprecated in v1.19+'],
])

/** A path within a namespace to what is in none. */
function isElsewhere(resource: ServedResource, info: RequestInfo): boolean {
  return !resource.namespaced && info.namespace !== '' && !isOwnNamespace(resource, info)
}

async function respondElsewhere(resource: ServedResource, exchange: Exchange): Promise<void> {
  if (!resource.isCustom) throw noSuchResource()
  await respondNoPage(exchange)
}

/** `/api/v1/namespaces/NAME` has its own name as its namespace. */
function isOwnNamespace({ group, plural }: ServedResource, { namespace, name }: RequestInfo): boolean {
  return group === '' && plural === 'namespaces' && name === namespace
}

/** Connections to a running pod: there is none here, and the pod itself is no answer. */
const streamed = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

function checkSubresource(resource: ServedResource, { namespace, name, subresource, verb }: RequestInfo): void {
  const served = subresourcesOf(resource).find((one) => one.name === subresource)
  if (served === undefined && resource.isCustom) throw notFound(resource, name)
  if (served === undefined || streamed.has(subresource)) throw noSuchResource()
  if (resource.namespaced && namespace === '') throw noSuchResource()
  if (!served.verbs.includes(verb)) throw notAllowed()
}

function includeOf(query: URLSearchParams): Shape['include'] {
  const value = query.get('includeObject') ?? ''
  if (value === '' || value === 'Metadata') return 'Metadata'
  if (value === 'None' || value === 'Object') return value
  throw new FlotillaError(
    'BadRequest',
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

async function get({ deps, exchange, resource, key, shape }: ResourceRequest): Promise<void> {
  const { subresource } = exchange.info
  const options = subresource === '' ? { signal: exchange.signal } : { signal: exchange.signal, subresource }
  const object = await deps.operations.get(exchange.context, resource, key, options)
  await respondObject(exchange, 200, presentObject(resource, object, shape), shape.format)
}

async function list({ deps, exchange, resource, shape }: ResourceRequest): Promise<void> {
  const options = { ...listOptions(exchange.info), signal: exchange.signal }
  const page = await deps.operations.list(exchange.context, resource, options)
  await respondObject(exchange, 200, presentList(resource, page, shape), shape.format)
}

async function watch({ deps, exchange, resource, shape }: ResourceRequest): Promise<void> {
  if (shape.format.media !== 'application/json')
    throw new FlotillaError(
      'NotAcceptable',
      'only the following media types are accepted: application/json;stream=watch',
    )
  await streamWatch(deps, exchange, resource, watchOptions(exchange.info), shape)
}

async function create(request: ResourceRequest): Promise<void> {
  const { deps, exchange, resource, shape, key, userAgent } = request
  const { info, signal } = exchange
  const write = writeOptions('CreateOptions', info, userAgent)
  const { object, context } = await readObject(request)
  const options = { ...write, signal, ...(info.name === '' ? {} : { name: key.name }) }
  const review = deps.reviews.find(resource, info.subresource)
  const made =
    review === undefined
      ? await deps.operations.create(context, resource, object, options)
      : await review(context, object, { key, dryRun: write.dryRun === true, signal })
  await respondObject(exchange, 201, presentObject(resource, made, shape), shape.format)
}

async function update(request: ResourceRequest): Promise<void> {
  const { deps, exchange, resource, key, shape, userAgent } = request
  const options = { ...writeOptions('UpdateOptions', exchange.info, userAgent), signal: exchange.signal }
  const { object, context } = await readObject(request)
  const result = await deps.operations.update(context, resource, key, object, options)
  await respondObject(exchange, result.created ? 201 : 200, presentObject(resource, result.object, shape), shape.format)
}

async function patch(request: ResourceRequest): Promise<void> {
  const { exchange, resource, shape } = request
  const { object, created } = await patchRequest(request)
  await respondObject(exchange, created ? 201 : 200, presentObject(resource, object, shape), shape.format)
}

async function remove(request: ResourceRequest): Promise<void> {
  const { deps, exchange, resource, key, shape } = request
  const options = deleteOptions(exchange.info, await readDeleteOptions(request))
  const result = await deps.operations.delete(exchange.context, resource, key, { ...options, signal: exchange.signal })
  const answer =
    result.deleted && !showsDeleted.has(resource.plural) ? deletedStatus(resource, result.object) : result.object
  await respondObject(exchange, 200, presentObject(resource, answer, shape), shape.format)
}

/** Kinds whose delete answers with the object that was. */
const showsDeleted = new Set([
  'pods',
  'podtemplates',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'serviceaccounts',
  'services',
  'clustertrustbundles',
  'storageclasses',
  'volumeattachments',
  'csinodes',
  'csidrivers',
  'csistoragecapacities',
])

function deletedStatus({ group, plural }: ServedResource, { metadata }: KubeObject): KubeObject {
  const { name, uid } = metadata
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, uid }
  return { kind: 'Status', apiVersion: 'v1', metadata: {} as KubeObject['metadata'], status: 'Success', details }
}

async function removeCollection(request: ResourceRequest): Promise<void> {
  const { deps, exchange, resource, shape } = request
  const options = deleteOptions(exchange.info, await readDeleteOptions(request))
  const selection = listOptions(exchange.info)
  const all = { ...selection, ...options, signal: exchange.signal }
  const deleted = await deps.operations.deleteCollection(exchange.context, resource, all)
  const { items, resourceVersion } = deleted
  await respondObject(exchange, 200, listOf(resource, items, { resourceVersion }), shape.format)
}

export function noSuchResource(): FlotillaError {
  return new FlotillaError('NotFound', 'the server could not find the requested resource', {})
}

export function notAllowed(): FlotillaError {
  return new FlotillaError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}
