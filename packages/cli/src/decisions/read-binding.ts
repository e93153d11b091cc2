// A template on the hub and the binding that says where it goes.
import {
  clusterResourceBindingResource,
  resourceBindingResource,
  type ClusterResourceBinding,
  type ResourceBinding,
} from '@flotilla/api/resource-binding'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { findKind, parseOne } from '../reach/kinds.ts'

export type Binding = ResourceBinding | ClusterResourceBinding

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
  args: readonly string[],
  namespace: string,
): Promise<TemplateAndBindings> {
  const { type, name } = parseOne(args)
  const resource = await findKind(hub, type, 'the hub')
  const key = resource.namespaced ? { name, namespace } : { name }
  const [template, bindings] = await Promise.all([
    hub.get(resource, key).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
      const place = resource.namespaced ? ` in namespace ${namespace}` : ''
      throw new FlotillaError(
        'NotFound',
        `Cannot find ${resource.kind} ${name}${place} on the hub. Next: kubectl get ${resource.plural}${resource.namespaced ? ' -A' : ''}`,
      )
    }),
    resource.namespaced ? listBindings(hub, namespace) : listClusterBindings(hub),
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

function bindingsFor(all: readonly Binding[], { metadata }: KubeObject): Omit<TemplateAndBindings, 'template'> {
  const isIt = ({ ref }: { readonly ref: { readonly uid: string } }) => ref.uid === metadata.uid
  const binding = all.find(({ spec }) => spec.workloads.some(isIt))
  const bindings = all.filter(({ spec }) => spec.workloads.some(isIt) || (spec.followers ?? []).some(isIt))
  return { binding, bindings }
}
