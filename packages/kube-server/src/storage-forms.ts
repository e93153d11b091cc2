// In which form a resource's objects are stored: several served versions, even several groups, may share one.
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import { keyOf } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { apiVersionOf, groupResourceOf } from '@flotilla/machinery/resource'
import { convertEvent } from './kinds/event-versions.ts'
import { convertAutoscaler } from './kinds/autoscaler-versions.ts'

type Convert = (object: KubeObject, apiVersion: string) => KubeObject

interface SharedForm {
  readonly apiVersion: string
  readonly convert: Convert
}

/** Resources stored under another group or version than the one asked for, and how their objects differ. */
const shared: Readonly<Record<string, SharedForm & { readonly stored: string }>> = {
  events: { stored: 'events', apiVersion: 'v1', convert: convertEvent },
  'events.events.k8s.io': { stored: 'events', apiVersion: 'v1', convert: convertEvent },
  'horizontalpodautoscalers.autoscaling': {
    stored: 'horizontalpodautoscalers.autoscaling',
    apiVersion: 'autoscaling/v2',
    convert: convertAutoscaler,
  },
}

/** The store's name for the resource: versions of one resource share it. */
export function storedResource(resource: Pick<Resource, 'group' | 'plural'>): string {
  const name = groupResourceOf(resource)
  return shared[name]?.stored ?? name
}

export function storeKey(resource: Pick<Resource, 'group' | 'plural'>, key: ObjectKey): string {
  return `${storedResource(resource)}/${keyOf(key)}`
}

export function storePrefix(resource: Pick<Resource, 'group' | 'plural'>, namespace?: string): string {
  return namespace === undefined ? `${storedResource(resource)}/` : `${storedResource(resource)}/${namespace}/`
}

/** The apiVersion that objects of `resource` are stored in, where that is fixed. */
export function storedApiVersion(resource: Resource): string {
  return shared[groupResourceOf(resource)]?.apiVersion ?? apiVersionOf(resource)
}

const converted = new WeakMap<KubeObject, Map<string, KubeObject>>()

/** `object` as `apiVersion` says it; the same answer object each time. */
export function asVersion(object: KubeObject, resource: Resource, apiVersion = apiVersionOf(resource)): KubeObject {
  if (object.apiVersion === apiVersion) return object
  const versions = converted.get(object) ?? new Map<string, KubeObject>()
  converted.set(object, versions)
  const known = versions.get(apiVersion)
  if (known) return known
  const convert = shared[groupResourceOf(resource)]?.convert ?? relabel
  const result = convert(object, apiVersion)
  versions.set(apiVersion, result)
  return result
}

function relabel(object: KubeObject, apiVersion: string): KubeObject {
  return { ...object, apiVersion }
}
