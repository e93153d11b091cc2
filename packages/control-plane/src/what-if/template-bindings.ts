// A template on the hub and the bindings that say where it goes.
import type { ObjectRef } from '@flotilla/api/review'
import {
  clusterResourceBindingResource,
  resourceBindingResource,
  type ClusterResourceBinding,
  type ResourceBinding,
} from '@flotilla/api/resource-binding'
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Binding } from '../hub.ts'

export interface TemplateAndBindings {
  readonly template: KubeObject
  /** Of its own. */
  readonly binding: Binding | undefined
  /** All that claim it, be it as a follower. */
  readonly bindings: readonly Binding[]
}

/** @throws NotFound naming the template and where it was looked for. */
export async function readTemplate(
  hub: KubeApi,
  resource: Resource,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<TemplateAndBindings> {
  const { kind, plural, namespaced } = resource
  const [template, bindings] = await Promise.all([
    hub.get(resource, namespaced ? { name, namespace } : { name }).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
      const place = namespaced ? ` in namespace ${namespace}` : ''
      const next = `Next: kubectl get ${plural}${namespaced ? ' -A' : ''}`
      throw new FlotillaError('NotFound', `Cannot find ${kind} ${name}${place} on the hub. ${next}`)
    }),
    namespaced ? listBindings(hub, namespace) : listClusterBindings(hub),
  ])
  return { template, ...bindingsFor(bindings, template) }
}

/** None: all namespaces. */
export async function listBindings(hub: KubeApi, namespace?: string): Promise<readonly Binding[]> {
  return (await hub.list<ResourceBinding>(resourceBindingResource, namespace === undefined ? {} : { namespace })).items
}

export async function listClusterBindings(hub: KubeApi): Promise<readonly Binding[]> {
  return (await hub.list<ClusterResourceBinding>(clusterResourceBindingResource)).items
}

/** @throws NotFound for a kind that the hub does not serve. */
export async function resourceOf(hub: KubeApi, { apiVersion, kind, name }: ObjectRef): Promise<Resource> {
  const resource = (await discover(hub)).find(apiVersion, kind)
  if (resource !== undefined) return resource
  throw new FlotillaError('NotFound', `Cannot find ${kind} ${name}: the hub does not serve ${kind} of ${apiVersion}`)
}

function bindingsFor(all: readonly Binding[], { metadata }: KubeObject): Omit<TemplateAndBindings, 'template'> {
  const isIt = ({ ref }: { readonly ref: { readonly uid: string } }) => ref.uid === metadata.uid
  const binding = all.find(({ spec }) => spec.workloads.some(isIt))
  const bindings = all.filter(({ spec }) => spec.workloads.some(isIt) || (spec.followers ?? []).some(isIt))
  return { binding, bindings }
}
