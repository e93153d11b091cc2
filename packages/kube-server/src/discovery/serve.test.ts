// Documents that tools read first: the forms of discovery agree, and every reference of OpenAPI leads somewhere.
import { describe, expect, test } from 'vitest'
import { createCatalog } from '../catalog.ts'
import { referencesIn } from '../openapi/components.ts'
import { documents } from './serve.ts'

const catalog = createCatalog()
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface Resource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

interface Entry {
  readonly resource: string
  readonly responseKind: { readonly kind: string }
  readonly scope: string
  readonly verbs: readonly string[]
  readonly subresources?: readonly {
    readonly subresource: string
    readonly responseKind: { readonly kind: string }
    readonly verbs: readonly string[]
  }[]
}

function read<T>(path: string, accept?: string): T {
  const document = documents(catalog, path, accept)
  if (document === undefined) throw new Error(`no document at ${path}`)
  return JSON.parse(document.text) as T
}

interface Aggregated {
  readonly items: readonly {
    readonly metadata: { readonly name?: string }
    readonly versions: readonly { readonly version: string; readonly resources: readonly Entry[] }[]
  }[]
}

const versions = ['/api', '/apis'].flatMap((path) =>
  read<Aggregated>(path, aggregatedType).items.flatMap(({ metadata: { name }, versions: all }) =>
    all.map(({ version, resources }) => ({
      path: name === undefined ? `/api/${version}` : `/apis/${name}/${version}`,
      resources,
    })),
  ),
)

function flat({ resource, responseKind, scope, verbs, subresources = [] }: Entry): readonly Resource[] {
  const namespaced = scope === 'Namespaced'
  const own = { name: resource, kind: responseKind.kind, namespaced, verbs }
  const subs = subresources.map((sub) => ({
    name: `${resource}/${sub.subresource}`,
    kind: sub.responseKind.kind,
    namespaced,
    verbs: sub.verbs,
  }))
  return [own, ...subs]
}

const byName = (a: Resource, b: Resource) => (a.name < b.name ? -1 : 1)

describe('documents()', () => {
  test.each(versions)('lists in $path what the aggregated document lists', ({ path, resources }) => {
    const legacy = read<{ resources: readonly Resource[] }>(path).resources
    const same = legacy.map(({ name, kind, namespaced, verbs }) => ({ name, kind, namespaced, verbs }))
    expect(same.toSorted(byName)).toEqual(resources.flatMap(flat).toSorted(byName))
  })

  test('names in /apis every group and version of the aggregated document', () => {
    const { groups } = read<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis')
    const listed = groups.flatMap((group) => group.versions.map(({ groupVersion }) => `/apis/${groupVersion}`))
    expect(['/api/v1', ...listed].sort()).toEqual(versions.map(({ path }) => path).sort())
  })

  test('keep one document for each path, whatever slashes are added', () => {
    for (const path of ['/apis//', '/openapi/v2//', '/openapi//v2', '/api//v1']) {
      expect(documents(catalog, path)).toBeUndefined()
    }
    expect(documents(catalog, '/apis')).toBe(documents(catalog, '/apis'))
  })

  test.each(['/apis/none.io', '/apis/apps/v9', '/openapi/v3/apis/none.io/v1', '/openapi/v4', '/api/v1/x/y'])(
    'have nothing at %s',
    (path) => {
      expect(documents(catalog, path)).toBeUndefined()
    },
  )
})

describe('OpenAPI v3', () => {
  const { paths } = read<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3')

  test('has a document for every version that is served, at the address that its index names', () => {
    expect(Object.keys(paths).map((name) => `/${name}`)).toEqual(versions.map(({ path }) => path).sort())
    for (const { serverRelativeURL } of Object.values(paths)) {
      expect(serverRelativeURL).toMatch(/\?hash=[0-9A-F]{32}$/)
    }
  })

  test.each(Object.keys(paths))('resolves every reference of %s', (name) => {
    const [path = ''] = (paths[name]?.serverRelativeURL ?? '').split('?')
    const document = read<{ components: { schemas: Record<string, unknown> } }>(path)
    const missing = referencesIn(document).filter((one) => !Object.hasOwn(document.components.schemas, one))
    expect([...new Set(missing)]).toEqual([])
  })
})

describe('OpenAPI v2', () => {
  test('resolves every reference', () => {
    const document = read<{ definitions: Record<string, unknown> }>('/openapi/v2')
    const missing = referencesIn(document).filter((one) => !Object.hasOwn(document.definitions, one))
    expect([...new Set(missing)]).toEqual([])
  })
})
