// Which resources are served: the built-in kinds, and the custom ones that stored CRDs define.
import type { BuiltinResource } from '@flotilla/machinery/builtin-kinds'
import { builtinKindSchema, builtinResources } from '@flotilla/machinery/builtin-kinds'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf, groupResourceOf } from '@flotilla/machinery/resource'
import { resourcesOfDefinition } from './custom-resources/served.ts'
import type { CustomResourceDefinition } from './custom-resources/definition.ts'
import type { ResourceCatalog, ScalePaths, ServedResource } from './served-resource.ts'

export interface EditableCatalog extends ResourceCatalog {
  /** Serve what `definition` says from now on (absent: nothing any more). */
  define(name: string, definition: KubeObject | undefined): void
  /** Serve these too, from now on: kinds that are answered and never stored. */
  serve(resources: readonly ServedResource[]): void
  /** The stored definition behind a custom resource. */
  definitionOf(group: string, plural: string): CustomResourceDefinition | undefined
  /** One served version of each stored resource: where controllers look at everything that exists. */
  storedResources(): readonly ServedResource[]
}

export function createCatalog(): EditableCatalog {
  const definitions = new Map<string, CustomResourceDefinition>()
  const custom = new Map<string, readonly ServedResource[]>()
  let own = builtins
  let revision = 1
  let index = indexed(own)

  function rebuild() {
    index = indexed([...own, ...[...custom.values()].flat()])
    revision++
  }

  return {
    get revision() {
      return revision
    },
    all: () => index.all,
    find: (group, version, plural) => index.byPlural.get(`${group}/${version}/${plural}`),
    findKind: (apiVersion, kind) => index.byKind.get(`${apiVersion}/${kind}`),
    storedResources: () => index.stored,
    definitionOf: (group, plural) => definitions.get(`${plural}.${group}`),
    serve(resources) {
      own = [...own, ...resources]
      rebuild()
    },
    define(name, object) {
      const definition = object as CustomResourceDefinition | undefined
      if (definition === undefined) definitions.delete(name)
      else definitions.set(name, definition)
      const served = definition === undefined ? [] : resourcesOfDefinition(definition)
      if (served.length === 0 && !custom.has(name)) return
      if (served.length === 0) custom.delete(name)
      else custom.set(name, served)
      rebuild()
    },
  }
}

interface Index {
  readonly all: readonly ServedResource[]
  readonly stored: readonly ServedResource[]
  readonly byPlural: ReadonlyMap<string, ServedResource>
  readonly byKind: ReadonlyMap<string, ServedResource>
}

function indexed(all: readonly ServedResource[]): Index {
  const stored = new Map<string, ServedResource>()
  for (const resource of all) {
    const name = groupResourceOf(resource)
    if (isStored(resource) && !stored.has(name)) stored.set(name, resource)
  }
  return {
    all,
    stored: [...stored.values()],
    byPlural: new Map(all.map((resource) => [`${resource.group}/${resource.version}/${resource.plural}`, resource])),
    byKind: new Map(all.map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource])),
  }
}

function isStored(resource: ServedResource): boolean {
  return !resource.virtual && resource.verbs.includes('list') && groupResourceOf(resource) !== 'events.events.k8s.io'
}

const builtinScale: ScalePaths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }

function toServed(resource: BuiltinResource): ServedResource {
  const { schema, subresources, storageVersionHash: _, ...rest } = resource
  const names = subresources.map(({ name }) => name)
  return {
    ...rest,
    subresources: names,
    ...(names.includes('scale') ? { scale: builtinScale } : {}),
    schema: builtinKindSchema(schema),
    schemaName: schema,
    ...(resource.verbs.includes('list') ? {} : { virtual: true }),
    isCustom: false,
  }
}

const builtins: readonly ServedResource[] = builtinResources().map(toServed)
