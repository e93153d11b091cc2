// OpenAPI v3: an index of the group versions, and for each its paths and schemas.
import { createHash } from 'node:crypto'
import type { ResourceCatalog } from '../served-resource.ts'
import { pathsOf } from './paths.ts'
import { componentsOf } from './components.ts'

const version = 'v1.36.3'

/** `paths` by `api/v1` and `apis/GROUP/VERSION`; the hash in a URL changes with the document. */
export function openApiIndex(catalog: ResourceCatalog): object {
  const names = new Set(
    catalog.all().map(({ group, version: one }) => (group === '' ? `api/${one}` : `apis/${group}/${one}`)),
  )
  const paths = [...names].sort().map((name) => {
    const hash = hashOf(catalog, name)
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }] as const
  })
  return { paths: Object.fromEntries(paths) }
}

/** The document of `name` (`apis/apps/v1`), or undefined where nothing is served. */
export function openApiV3(catalog: ResourceCatalog, name: string): object | undefined {
  const parts = name.split('/')
  const isCore = parts[0] === 'api' && parts.length === 2
  if (!isCore && !(parts[0] === 'apis' && parts.length === 3)) return undefined
  const [group = '', wanted = ''] = isCore ? ['', parts[1]] : [parts[1], parts[2]]
  const resources = catalog.all().filter((one) => one.group === group && one.version === wanted)
  if (resources.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: pathsOf(resources),
    components: { schemas: componentsOf(resources) },
  }
}

/** Cheap: of what decides the document, not of its text. */
function hashOf(catalog: ResourceCatalog, name: string): string {
  const resources = catalog
    .all()
    .filter(({ group, version: one }) => name === (group === '' ? `api/${one}` : `apis/${group}/${one}`))
  const hash = createHash('sha256')
  for (const resource of resources) {
    hash.update(resource.plural)
    if (resource.isCustom) hash.update(JSON.stringify([resource.schema.root, resource.subresources, resource.scale]))
  }
  return hash.digest('hex').slice(0, 32).toUpperCase()
}
