// Discovery: which groups, versions and resources there are, in the legacy and in the aggregated form.
import { createHash } from 'node:crypto'
import { builtinGroups, builtinResources } from '@flotilla/machinery/builtin-kinds'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { ResourceCatalog, ServedResource } from '../served-resource.ts'
import { subresourcesOf, type Subresource } from './subresources.ts'
import { compareVersions } from './version-order.ts'

interface Group {
  readonly name: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

const hashes = new Map(
  builtinResources().map((one) => [`${apiVersionOf(one)}/${one.plural}`, one.storageVersionHash] as const),
)

/** Built-in groups in upstream's order, then the custom ones by name. */
export function groupsOf(catalog: ResourceCatalog): readonly Group[] {
  const versions = new Map<string, Set<string>>()
  for (const { group, version } of catalog.all()) {
    const known = versions.get(group)
    if (known === undefined) versions.set(group, new Set([version]))
    else known.add(version)
  }
  const builtin = builtinGroups().filter(({ name }) => versions.has(name))
  const names = new Set(builtin.map(({ name }) => name))
  const custom = [...versions.keys()].filter((name) => !names.has(name)).sort()
  return [
    ...builtin.map(({ name, versions: order }) => ({ name, versions: ordered(versions.get(name), order) })),
    ...custom.map((name) => ({ name, versions: ordered(versions.get(name), []) })),
  ]
}

function ordered(served: ReadonlySet<string> | undefined, order: readonly string[]): readonly string[] {
  const others = [...(served ?? [])].filter((version) => !order.includes(version)).sort(compareVersions)
  return [...order.filter((version) => served?.has(version)), ...others]
}

export function legacyVersions(): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
  }
}

export function legacyGroupList(catalog: ResourceCatalog): object {
  const groups = groupsOf(catalog).filter(({ name }) => name !== '')
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(wireGroup) }
}

export function legacyGroup(catalog: ResourceCatalog, name: string): object | undefined {
  const group = groupsOf(catalog).find((one) => one.name === name && name !== '')
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...wireGroup(group) }
}

function wireGroup({ name, versions }: Group) {
  const wire = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: wire, preferredVersion: wire[0] }
}

export function legacyResources(catalog: ResourceCatalog, group: string, version: string): object | undefined {
  const resources = catalog.all().filter((one) => one.group === group && one.version === version)
  if (resources.length === 0) return undefined
  const groupVersion = apiVersionOf({ group, version })
  const entries = resources.flatMap(legacyEntries).sort((a, b) => (a.name < b.name ? -1 : 1))
  return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion, resources: entries }
}

/** Of the version that is stored, so that clients notice when that changes. */
function hashOf({ group, version, kind }: ServedResource): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function legacyEntries(resource: ServedResource) {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource
  const hash = resource.isCustom ? hashOf(resource) : hashes.get(`${apiVersionOf(resource)}/${plural}`)
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(hash === undefined ? {} : { storageVersionHash: hash }),
  }
  const subs = subresourcesOf(resource).map((sub) => ({
    name: `${plural}/${sub.name}`,
    singularName: '',
    namespaced,
    ...(sub.group === resource.group && sub.version === resource.version
      ? {}
      : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }))
  return [main, ...subs]
}

/** `isCore`: the document of `/api`, else that of `/apis`. */
export function aggregated(catalog: ResourceCatalog, isCore: boolean): object {
  const groups = groupsOf(catalog).filter(({ name }) => (name === '') === isCore)
  const byVersion = Map.groupBy(catalog.all(), (one) => apiVersionOf(one))
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: (byVersion.get(apiVersionOf({ group: name, version })) ?? []).map(aggregatedEntry),
      freshness: 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function aggregatedEntry(resource: ServedResource): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, group, version } = resource
  const subs = subresourcesOf(resource).map((sub) => ({
    subresource: sub.name,
    responseKind: responseKind(sub, resource),
    verbs: sub.verbs,
  }))
  return {
    resource: plural,
    responseKind: responseKind({ group, version, kind }, resource),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subs.length === 0 ? {} : { subresources: subs }),
  }
}

/** Group and version are empty where they are those of the resource. */
function responseKind(
  sub: Pick<Subresource, 'group' | 'version' | 'kind'>,
  { group, version }: ServedResource,
): object {
  const isSame = sub.group === group && sub.version === version
  return { group: isSame ? '' : sub.group, version: isSame ? '' : sub.version, kind: sub.kind }
}
