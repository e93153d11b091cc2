// What a request asks for, read from its method and URL once: the words that routing, authorization and audit share.

export interface RequestInfo {
  readonly method: string
  /** Path as sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** get, list, watch, create, update, patch, delete, deletecollection; the method in lower case off resources. */
  readonly verb: string
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Path segments after the subresource; a resource path that has some is not served. */
  readonly rest: readonly string[]
}

/** A method that is none of these has the verb '', which no role names. */
const verbs: ReadonlyMap<string, string> = new Map([
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
])

const namespaceSubresources = new Set(['status', 'finalize'])

/** Throws URIError for a path with a malformed escape. */
export function parseRequest(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
  const parts = path.split('/').slice(1)
  if (parts.at(-1) === '') parts.pop()
  const root = resourceRoot(parts)
  if (root === undefined) return nonResource(method, path, query)
  const place = locate(method, query, parts.slice(root.length).map(decodeSegment))
  if (hasGap(place)) return nonResource(method, path, query)
  return {
    ...place,
    method,
    path,
    query,
    isResource: true,
    group: root.group,
    version: root.version,
  }
}

function resourceRoot(parts: readonly string[]): { group: string; version: string; length: number } | undefined {
  if (parts[0] === 'api' && parts.length > 2) return { group: '', version: parts[1] ?? '', length: 2 }
  if (parts[0] === 'apis' && parts.length > 3) return { group: parts[1] ?? '', version: parts[2] ?? '', length: 3 }
  return undefined
}

/** An empty segment where a name belongs: authorized as a plain path, behind which there is nothing. */
function hasGap({ resource, name, subresource, rest }: ReturnType<typeof locate>): boolean {
  return resource === '' || (name === '' && (subresource !== '' || rest.length > 0))
}

function locate(method: string, query: URLSearchParams, segments: readonly string[]) {
  const isLegacyWatch = segments[0] === 'watch' && segments.length > 1
  const parts = isLegacyWatch ? segments.slice(1) : segments
  const { namespace, rest: named } = splitNamespace(parts)
  const [resource = '', name = '', subresource = '', ...rest] = named
  const verb = isLegacyWatch ? 'watch' : verbOf(method, query, name)
  const isRead = verb === 'list' || verb === 'watch'
  return {
    verb,
    namespace,
    resource,
    name: isRead && name === '' && subresource === '' ? nameSelected(query) : name,
    subresource,
    rest,
  }
}

function splitNamespace(parts: readonly string[]): { namespace: string; rest: readonly string[] } {
  if (parts[0] !== 'namespaces' || parts.length < 2) return { namespace: '', rest: parts }
  const namespace = parts[1] ?? ''
  if (namespace === '' && parts.length > 2) return { namespace, rest: [] }
  const isOwn = parts.length === 2 || (parts.length === 3 && namespaceSubresources.has(parts[2] ?? ''))
  return { namespace, rest: isOwn ? parts : parts.slice(2) }
}

function verbOf(method: string, query: URLSearchParams, name: string): string {
  const verb = verbs.get(method) ?? ''
  if (name !== '') return verb
  if (verb === 'delete') return 'deletecollection'
  if (verb !== 'get') return verb
  return isTrue(query.get('watch')) ? 'watch' : 'list'
}

/** A list narrowed to one name is authorised as that name. */
function nameSelected(query: URLSearchParams): string {
  const selector = query.get('fieldSelector')
  if (selector === null || !selector.startsWith('metadata.name=') || selector.includes(',')) return ''
  const name = selector.slice('metadata.name='.length)
  return name.startsWith('=') ? name.slice(1) : name
}

/** A flag given without a value counts as set, as in upstream's query conversion. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0'
}

function nonResource(method: string, path: string, query: URLSearchParams): RequestInfo {
  return {
    method,
    path,
    query,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    rest: [],
  }
}

function decodeSegment(segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment) : segment
}
