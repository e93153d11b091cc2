// Which resources an API server offers: one read of its aggregated discovery, or of each group where it has none.
import { FlotillaError, fromStatus } from './errors.ts'
import { isObject } from './json.ts'
import type { KubeApi, RawResponse, RequestOptions } from './kube-api.ts'
import { apiVersionOf, parseApiVersion, type Resource } from './resource.ts'

/** A resource with what discovery adds to its name. */
export interface DiscoveredResource extends Resource {
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  /** `status`, `scale` … */
  readonly subresources: readonly string[]
}

export interface Discovery {
  /** Every version of every resource; groups and versions in the order of the server's preference. */
  readonly resources: readonly DiscoveredResource[]
  find(apiVersion: string, kind: string): DiscoveredResource | undefined
  /** Without a version: the one that the server prefers. */
  findPlural(group: string, plural: string, version?: string): DiscoveredResource | undefined
  preferred(group: string, kind: string): DiscoveredResource | undefined
  /** `group/version`s whose resources could not be read: absence there proves nothing. Empty: complete. */
  readonly incompleteGroups: readonly string[]
}

export function createDiscovery(
  resources: readonly DiscoveredResource[],
  incompleteGroups: readonly string[] = [],
): Discovery {
  const byKind = new Map<string, DiscoveredResource>()
  const byPlural = new Map<string, DiscoveredResource>()
  for (const resource of resources) {
    const { group, version, kind, plural } = resource
    addFirst(byKind, `${apiVersionOf(resource)} ${kind}`, resource)
    addFirst(byKind, `${group} ${kind}`, resource)
    addFirst(byPlural, `${group} ${version} ${plural}`, resource)
    addFirst(byPlural, `${group} ${plural}`, resource)
  }
  return {
    resources,
    incompleteGroups,
    find: (apiVersion, kind) => {
      const { group, version } = parseApiVersion(apiVersion)
      return byKind.get(`${apiVersionOf({ group, version })} ${kind}`)
    },
    findPlural: (group, plural, version) =>
      byPlural.get(version === undefined ? `${group} ${plural}` : `${group} ${version} ${plural}`),
    preferred: (group, kind) => byKind.get(`${group} ${kind}`),
  }
}

function addFirst<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value)
}

const aggregatedV2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const accept = `${aggregatedV2},application/json`

/**
 * Reads all of `api`'s discovery. Throws what the server answered when `/api` or `/apis` itself fails; a group that
 * fails is named in `incompleteGroups` instead.
 */
export async function discover(api: KubeApi, options: RequestOptions = {}): Promise<Discovery> {
  const [core, named] = await Promise.all([read(api, '/api', options), read(api, '/apis', options)])
  const parts = await Promise.all([
    isAggregated(core) ? parseAggregated(core) : discoverLegacyCore(api, core, options),
    isAggregated(named) ? parseAggregated(named) : discoverLegacyGroups(api, named, options),
  ])
  return createDiscovery(
    parts.flatMap((part) => part.resources),
    parts.flatMap((part) => part.incomplete),
  )
}

async function read(api: KubeApi, path: string, options: RequestOptions): Promise<unknown> {
  const response = await api.raw({ path, accept, ...options })
  if (response.code !== 200) throw fromStatus(response.code, response.body, `Cannot discover ${path}`)
  if (!isObject(response.body))
    throw new FlotillaError('Internal', `Cannot discover ${path}: the answer is no JSON object`)
  return response.body
}

interface Part {
  readonly resources: readonly DiscoveredResource[]
  readonly incomplete: readonly string[]
}

function isAggregated(document: unknown): boolean {
  return isObject(document) && document['kind'] === 'APIGroupDiscoveryList'
}

/** Reads an `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`. */
export function parseAggregated(document: unknown): Part {
  const resources: DiscoveredResource[] = []
  const incomplete: string[] = []
  for (const item of objectsIn(document, 'items')) {
    const metadata = isObject(item['metadata']) ? item['metadata'] : {}
    const group = text(metadata['name'])
    for (const entry of objectsIn(item, 'versions')) {
      const version = text(entry['version'])
      if (entry['freshness'] === 'Stale') incomplete.push(apiVersionOf({ group, version }))
      for (const found of objectsIn(entry, 'resources')) resources.push(fromAggregated(found, group, version))
    }
  }
  return { resources: resources.filter((resource) => resource.kind !== ''), incomplete }
}

function fromAggregated(found: Fields, group: string, version: string): DiscoveredResource {
  const kind = isObject(found['responseKind']) ? found['responseKind'] : {}
  return {
    group,
    version,
    plural: text(found['resource']),
    kind: text(kind['kind']),
    namespaced: found['scope'] === 'Namespaced',
    singular: text(found['singularResource']),
    shortNames: texts(found['shortNames']),
    categories: texts(found['categories']),
    verbs: texts(found['verbs']),
    subresources: objectsIn(found, 'subresources').map((sub) => text(sub['subresource'])),
  }
}

async function discoverLegacyCore(api: KubeApi, document: unknown, options: RequestOptions): Promise<Part> {
  const versions = isObject(document) ? texts(document['versions']) : []
  return readVersions(api, versions, options)
}

async function discoverLegacyGroups(api: KubeApi, document: unknown, options: RequestOptions): Promise<Part> {
  return readVersions(api, objectsIn(document, 'groups').flatMap(orderedVersions), options)
}

/** The preferred version first, as aggregated discovery orders them. */
function orderedVersions(group: Fields): readonly string[] {
  const preferred = isObject(group['preferredVersion']) ? text(group['preferredVersion']['groupVersion']) : ''
  const others = objectsIn(group, 'versions').map((version) => text(version['groupVersion']))
  return [...new Set([preferred, ...others])].filter((version) => version !== '')
}

async function readVersions(api: KubeApi, apiVersions: readonly string[], options: RequestOptions): Promise<Part> {
  const parts = await Promise.all(apiVersions.map((apiVersion) => readVersion(api, apiVersion, options)))
  return {
    resources: parts.flatMap((part) => part ?? []),
    incomplete: apiVersions.filter((_, index) => parts[index] === undefined),
  }
}

async function readVersion(
  api: KubeApi,
  apiVersion: string,
  options: RequestOptions,
): Promise<readonly DiscoveredResource[] | undefined> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const response = await answerOf(api, path, options)
  return response?.code === 200 && isObject(response.body) ? parseResourceList(response.body) : undefined
}

/** No answer from one group is that group's failure alone; being told to stop is not. */
async function answerOf(api: KubeApi, path: string, options: RequestOptions): Promise<RawResponse | undefined> {
  try {
    return await api.raw({ path, accept: 'application/json', ...options })
  } catch (error) {
    if (options.signal?.aborted === true || !(error instanceof FlotillaError)) throw error
    return undefined
  }
}

/** Reads an `APIResourceList`, the legacy document of one group version. */
export function parseResourceList(document: unknown): readonly DiscoveredResource[] {
  const list = isObject(document) ? document : {}
  const { group, version } = parseApiVersion(text(list['groupVersion']))
  const entries = objectsIn(list, 'resources')
  const subresources = new Map<string, string[]>()
  for (const name of entries.map((entry) => text(entry['name']))) {
    const [plural = '', subresource] = name.split('/')
    if (subresource !== undefined) subresources.set(plural, [...(subresources.get(plural) ?? []), subresource])
  }
  return entries
    .filter((entry) => !text(entry['name']).includes('/'))
    .map((entry) => ({
      group,
      version,
      plural: text(entry['name']),
      kind: text(entry['kind']),
      namespaced: entry['namespaced'] === true,
      singular: text(entry['singularName']),
      shortNames: texts(entry['shortNames']),
      categories: texts(entry['categories']),
      verbs: texts(entry['verbs']),
      subresources: subresources.get(text(entry['name'])) ?? [],
    }))
}

type Fields = { readonly [field: string]: unknown }

function objectsIn(document: unknown, field: string): readonly Fields[] {
  const list = isObject(document) ? document[field] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
