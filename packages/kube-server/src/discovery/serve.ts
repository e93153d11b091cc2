// Which document a path names: discovery and OpenAPI, made once for each state of the catalog.
import { createHash } from 'node:crypto'
import { parseAccept } from '../http/negotiate.ts'
import { encodeOpenApiV2 } from '../openapi/v2-protobuf.ts'
import { openApiV2 } from '../openapi/v2.ts'
import { openApiIndex, openApiV3 } from '../openapi/v3.ts'
import type { ResourceCatalog } from '../served-resource.ts'
import { aggregated, legacyGroup, legacyGroupList, legacyResources, legacyVersions } from './documents.ts'

export interface Document {
  readonly code: number
  readonly contentType: string
  readonly text: string
  readonly etag: string
}

interface Cache {
  revision: number
  readonly made: Map<string, Document | undefined>
  swaggerProtobuf?: Buffer
}

const caches = new WeakMap<ResourceCatalog, Cache>()
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The document at `path` (without its query), or undefined where there is none. For HTTP and in-process callers. */
export function documents(catalog: ResourceCatalog, path: string, accept = ''): Document | undefined {
  if (!mayBeDocument(path) || path.includes('//')) return undefined
  const form = wantsAggregated(path, accept) ? 'aggregated' : 'plain'
  const cache = cacheOf(catalog)
  const key = `${form} ${path}`
  if (cache.made.has(key)) return cache.made.get(key)
  const document = make(catalog, path, form)
  if (document !== undefined) cache.made.set(key, document)
  return document
}

/** `/openapi/v2` as protobuf. */
export function swaggerProtobuf(catalog: ResourceCatalog): Buffer {
  const cache = cacheOf(catalog)
  cache.swaggerProtobuf ??= encodeOpenApiV2(openApiV2(catalog))
  return cache.swaggerProtobuf
}

export function mayBeDocument(path: string): boolean {
  return path.startsWith('/api') || path.startsWith('/openapi/')
}

function cacheOf(catalog: ResourceCatalog): Cache {
  const known = caches.get(catalog)
  if (known !== undefined && known.revision === catalog.revision) return known
  const fresh: Cache = { revision: catalog.revision, made: new Map() }
  caches.set(catalog, fresh)
  return fresh
}

function wantsAggregated(path: string, accept: string): boolean {
  if ((path !== '/api' && path !== '/apis') || !accept.includes('APIGroupDiscoveryList')) return false
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json') continue
    if (parameters.get('as') === undefined) return false
    if (parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('v') === 'v2') return true
  }
  return false
}

/** False when `/api` or `/apis` is asked for in forms alone that it has not. */
export function takesDocument(path: string, accept: string): boolean {
  if (path !== '/api' && path !== '/apis') return true
  const clauses = parseAccept(accept)
  return (
    clauses.length === 0 || clauses.some(({ parameters }) => !parameters.has('as')) || wantsAggregated(path, accept)
  )
}

function make(catalog: ResourceCatalog, path: string, form: 'aggregated' | 'plain'): Document | undefined {
  const value = valueOf(catalog, path, form)
  if (value === undefined) return undefined
  const text = JSON.stringify(value)
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`
  const contentType = form === 'aggregated' ? aggregatedType : 'application/json'
  return { code: 200, contentType, text, etag }
}

function valueOf(catalog: ResourceCatalog, path: string, form: 'aggregated' | 'plain'): object | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  const [root = '', first = '', second = ''] = parts
  if (root === 'openapi') return openApiOf(catalog, parts.slice(1))
  if (root === 'api') {
    if (parts.length === 1) return form === 'aggregated' ? aggregated(catalog, true) : legacyVersions()
    return parts.length === 2 ? legacyResources(catalog, '', first) : undefined
  }
  if (root !== 'apis') return undefined
  if (parts.length === 1) return form === 'aggregated' ? aggregated(catalog, false) : legacyGroupList(catalog)
  if (parts.length === 2) return legacyGroup(catalog, first)
  return parts.length === 3 ? legacyResources(catalog, first, second) : undefined
}

function openApiOf(catalog: ResourceCatalog, [version, ...rest]: readonly string[]): object | undefined {
  if (version === 'v2' && rest.length === 0) return openApiV2(catalog)
  if (version !== 'v3') return undefined
  return rest.length === 0 ? openApiIndex(catalog) : openApiV3(catalog, rest.join('/'))
}
