// Turns a real kube-apiserver's discovery documents into the list of resources that it serves.
import type { SchemaSet } from './schemas.ts'

export interface ResourceRow {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly SubresourceRow[]
  /** OpenAPI name. */
  readonly schema: string
  /** As discovery shows it; absent where discovery has none. */
  readonly storageVersionHash?: string
}

export interface SubresourceRow {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

export interface GroupRow {
  readonly name: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

export interface ResourceFile {
  readonly groups: readonly GroupRow[]
  readonly resources: readonly ResourceRow[]
}

interface ApiResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
}

type Fetch = (path: string) => Promise<unknown>

/** Groups and versions are in the order of the server's own documents. */
export async function readResources(fetchJson: Fetch, schemas: SchemaSet): Promise<ResourceFile> {
  const { groups } = (await fetchJson('/apis')) as {
    groups: readonly { name: string; versions: readonly { version: string }[] }[]
  }
  const rows = [
    { name: '', versions: ['v1'] },
    ...groups.map((group) => ({ name: group.name, versions: group.versions.map((entry) => entry.version) })),
  ]
  const kinds = kindIndex(schemas)
  const resources: ResourceRow[] = []
  for (const { name, versions } of rows) {
    for (const version of versions) resources.push(...(await readVersion(fetchJson, name, version, kinds)))
  }
  return { groups: rows, resources }
}

async function readVersion(
  fetchJson: Fetch,
  group: string,
  version: string,
  kinds: ReadonlyMap<string, string>,
): Promise<readonly ResourceRow[]> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const { resources } = (await fetchJson(path)) as { resources: readonly ApiResource[] }
  return resources
    .filter((resource) => !resource.name.includes('/'))
    .map((resource) => {
      const children = resources.filter((other) => other.name.startsWith(`${resource.name}/`))
      return toRow(group, version, resource, children, kinds)
    })
}

function toRow(
  group: string,
  version: string,
  resource: ApiResource,
  children: readonly ApiResource[],
  kinds: ReadonlyMap<string, string>,
): ResourceRow {
  const listKind = `${resource.kind}List`
  return {
    group,
    version,
    plural: resource.name,
    singular: resource.singularName,
    kind: resource.kind,
    listKind: kinds.has(kindKey(group, version, listKind)) ? listKind : '',
    namespaced: resource.namespaced,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs,
    subresources: children.map((child) => ({
      name: child.name.slice(resource.name.length + 1),
      group: child.group ?? group,
      version: child.version ?? version,
      kind: child.kind,
      verbs: child.verbs,
    })),
    schema: kinds.get(kindKey(group, version, resource.kind)) ?? '',
    ...(resource.storageVersionHash ? { storageVersionHash: resource.storageVersionHash } : {}),
  }
}

/** OpenAPI name of every kind that a schema names as its own. */
function kindIndex(schemas: SchemaSet): ReadonlyMap<string, string> {
  const index = new Map<string, string>()
  for (const [name, schema] of Object.entries(schemas)) {
    const kinds = (schema as { readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[] })[
      'x-kubernetes-group-version-kind'
    ]
    for (const kind of kinds ?? []) index.set(kindKey(kind.group, kind.version, kind.kind), name)
  }
  return index
}

interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

function kindKey(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`
}
