// Objects and lists in the form that the client asked for: themselves, their metadata, or rows of a table.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { ListPage } from '@flotilla/machinery/kube-api'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { ServedResource } from '../served-resource.ts'
import { partialOf } from '../table/partial.ts'
import { tableOf, type IncludeObject } from '../table/table.ts'
import type { Representation } from './negotiate.ts'

export interface Shape {
  readonly format: Representation
  readonly include: IncludeObject
  /** Milliseconds since 1970, for ages. */
  readonly now: number
}

export function presentObject(resource: ServedResource, object: KubeObject, shape: Shape): unknown {
  const { as, asVersion } = shape.format
  if (as === undefined || object.kind === 'Status') return object
  if (as === 'PartialObjectMetadata') {
    if (shape.format.isOfList) throw wrongForm(resource, 'not a list', 'List', '')
    return partialOf(object, asVersion)
  }
  return tableOf(resource, [object], { ...shape, version: asVersion, resourceVersion: object.metadata.resourceVersion })
}

export function presentList(resource: ServedResource, page: ListPage, shape: Shape): unknown {
  const { as, asVersion } = shape.format
  const metadata = listMeta(page)
  if (as === 'Table') return { ...tableOf(resource, page.items, { ...shape, version: asVersion }), metadata }
  if (as === 'PartialObjectMetadata') {
    if (!shape.format.isOfList) throw wrongForm(resource, 'a list', '', 'List')
    const apiVersion = `meta.k8s.io/${asVersion}`
    const items = page.items.map((item) => partialOf(item, asVersion))
    return { kind: 'PartialObjectMetadataList', apiVersion, metadata, items }
  }
  return listOf(resource, page.items, resource.isCustom ? { continue: '', ...metadata } : metadata)
}

function wrongForm(resource: ServedResource, what: string, asked: string, found: string): FlotillaError {
  const type = resource.isCustom ? 'unstructured.Unstructured' : `${internalGroup(resource)}.${resource.kind}`
  const why = `you requested PartialObjectMetadata${asked}, but the requested object is ${what} (*${type}${found})`
  return new FlotillaError('NotAcceptable', why)
}

/** Go's package of the internal kind. */
function internalGroup({ group }: ServedResource): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? '')
}

/** Items of built-in lists carry no apiVersion and kind of their own. */
export function listOf(resource: ServedResource, objects: readonly KubeObject[], metadata: object): unknown {
  const items = resource.isCustom ? objects : objects.map(({ apiVersion: _, kind: __, ...item }) => item)
  return { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items }
}

function listMeta({ resourceVersion, continue: next, remainingItemCount }: ListPage): object {
  return {
    resourceVersion,
    ...(next === undefined ? {} : { continue: next }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  }
}
