// The paths of a group version's document: what kubectl asks of them is which kind is behind a path and which
// parameters its verbs take.
import { collectionPath } from '@flotilla/machinery/resource'
import type { ServedResource } from '../served-resource.ts'
import { listNameOf, refTo } from './components.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly required?: boolean
  readonly schema: { readonly type: string; readonly uniqueItems?: boolean }
}

const text = (name: string): Parameter => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })
const whole = (name: string): Parameter => ({ name, in: 'query', schema: { type: 'integer', uniqueItems: true } })
const flag = (name: string): Parameter => ({ name, in: 'query', schema: { type: 'boolean', uniqueItems: true } })
const inPath = (name: string): Parameter => ({ ...text(name), in: 'path', required: true })

const pretty = text('pretty')
const writing = [text('dryRun'), text('fieldManager'), text('fieldValidation')]
const listing = [
  flag('allowWatchBookmarks'),
  text('continue'),
  text('fieldSelector'),
  text('labelSelector'),
  whole('limit'),
  text('resourceVersion'),
  text('resourceVersionMatch'),
  flag('sendInitialEvents'),
  whole('timeoutSeconds'),
  flag('watch'),
]
const deleting = [text('dryRun'), whole('gracePeriodSeconds'), flag('orphanDependents'), text('propagationPolicy')]

const readable = ['application/json', 'application/yaml']
const jsonPatches = ['application/json-patch+json', 'application/merge-patch+json']

export function pathsOf(resources: readonly ServedResource[]): Readonly<Record<string, object>> {
  const entries = resources.flatMap((resource) => [...collectionPaths(resource), ...objectPaths(resource)])
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function rootOf(resource: ServedResource): string {
  const all = collectionPath(resource)
  if (!resource.namespaced) return all
  return `${all.slice(0, -resource.plural.length)}namespaces/{namespace}/${resource.plural}`
}

function collectionPaths(resource: ServedResource): readonly (readonly [string, object])[] {
  const { verbs, namespaced } = resource
  const shared = [...(namespaced ? [inPath('namespace')] : []), pretty]
  const item = {
    ...(verbs.includes('list') ? { get: operation(resource, 'list', listing, listNameOf(resource)) } : {}),
    ...(verbs.includes('create') ? { post: operation(resource, 'post', writing, resource.schemaName, readable) } : {}),
    ...(verbs.includes('deletecollection')
      ? {
          delete: operation(
            resource,
            'deletecollection',
            [...listing, ...deleting],
            'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
          ),
        }
      : {}),
    parameters: shared,
  }
  const everywhere = { get: operation(resource, 'list', [], listNameOf(resource)), parameters: [...listing, pretty] }
  const isListedEverywhere = namespaced && verbs.includes('list')
  return [[rootOf(resource), item], ...(isListedEverywhere ? [[collectionPath(resource), everywhere] as const] : [])]
}

function objectPaths(resource: ServedResource): readonly (readonly [string, object])[] {
  const { verbs, namespaced, subresources } = resource
  if (!verbs.includes('get')) return []
  const path = `${rootOf(resource)}/{name}`
  const parameters = [inPath('name'), ...(namespaced ? [inPath('namespace')] : []), pretty]
  const own = itemOf(resource, verbs, parameters)
  const reviewed = subresources.filter((name) => name === 'status' || name === 'scale')
  const subs = reviewed.map(
    (name) => [`${path}/${name}`, itemOf(resource, ['get', 'update', 'patch'], parameters, name)] as const,
  )
  return [[path, own], ...subs]
}

function itemOf(
  resource: ServedResource,
  verbs: readonly string[],
  parameters: readonly Parameter[],
  sub = '',
): object {
  const patches = [
    ...jsonPatches,
    ...(resource.isCustom ? [] : ['application/strategic-merge-patch+json']),
    'application/apply-patch+yaml',
  ]
  const schema = sub === 'scale' ? 'io.k8s.api.autoscaling.v1.Scale' : resource.schemaName
  return {
    ...(verbs.includes('get') ? { get: operation(resource, 'get', [], schema) } : {}),
    ...(verbs.includes('update') ? { put: operation(resource, 'put', writing, schema, readable) } : {}),
    ...(verbs.includes('patch')
      ? {
          patch: operation(
            resource,
            'patch',
            [...writing, flag('force')],
            schema,
            patches,
            'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
          ),
        }
      : {}),
    ...(verbs.includes('delete')
      ? { delete: operation(resource, 'delete', deleting, 'io.k8s.apimachinery.pkg.apis.meta.v1.Status') }
      : {}),
    parameters,
  }
}

function operation(
  { group, version, kind }: ServedResource,
  action: string,
  parameters: readonly Parameter[],
  answer: string,
  bodies: readonly string[] = [],
  body = answer,
): object {
  const content = (types: readonly string[], name: string) =>
    Object.fromEntries(types.map((type) => [type, { schema: refTo(name) }]))
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(bodies.length === 0 ? {} : { requestBody: { content: content(bodies, body), required: true } }),
    responses: { '200': { description: 'OK', content: content(readable, answer) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  }
}
