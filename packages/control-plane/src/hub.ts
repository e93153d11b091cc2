// What controllers know of the hub: one informer for each of our kinds, one for each kind of template in use.
import { carbonSheetResource, type CarbonSheet } from '@flotilla/api/carbon-sheet'
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import { interpreterResource, type Interpreter } from '@flotilla/api/interpreter'
import {
  clusterOverridePolicyResource,
  overridePolicyResource,
  type ClusterOverridePolicy,
  type OverridePolicy,
} from '@flotilla/api/override-policy'
import { priceSheetResource, type PriceSheet } from '@flotilla/api/price-sheet'
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type ClusterPropagationPolicy,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import {
  clusterResourceBindingResource,
  resourceBindingResource,
  type ClusterResourceBinding,
  type ResourceBinding,
} from '@flotilla/api/resource-binding'
import { scorerResource, type Scorer } from '@flotilla/api/scorer'
import { trafficProfileResource, type TrafficProfile } from '@flotilla/api/traffic-profile'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { configMaps, namespaces, secrets } from '@flotilla/machinery/well-known-resources'
import { createInformer } from '@flotilla/runtime/create-informer'
import type { Env } from '@flotilla/runtime/env'
import type { Informer } from '@flotilla/runtime/informer'
import { targetClusterIdsOf } from './binding-targets.ts'
import { groupAnnotation } from './group.ts'
import { Interpreters } from './interpreter/interpreters.ts'
import { kindIdOf, objectIdOf, type ObjectRef } from './object-id.ts'
import { Templates } from './templates.ts'

export type Binding = ResourceBinding | ClusterResourceBinding

export interface Hub extends AsyncDisposable {
  readonly api: KubeApi
  /** UID of the hub's kube-system namespace: the value of our label on members. */
  readonly id: string
  /** Indexes: `id` (identity of the member), `secret` (name of its credentials). */
  readonly clusters: Informer<Cluster>
  readonly namespaces: Informer<KubeObject>
  /** Secrets of `flotilla-system`: how members are reached. */
  readonly credentials: Informer<KubeObject>
  /** ConfigMaps of `flotilla-system`: what people and controllers note there. */
  readonly settings: Informer<KubeObject>
  /** Index of both kinds of policies: `selects` (`policyIndex` of their namespace and the kinds they select). */
  readonly policies: Informer<PropagationPolicy>
  readonly clusterPolicies: Informer<ClusterPropagationPolicy>
  /** Index of both kinds of overrides: `kind` (KindIds that they select). */
  readonly overrides: Informer<OverridePolicy>
  readonly clusterOverrides: Informer<ClusterOverridePolicy>
  /**
   * Indexes of both kinds of bindings: `object` (ObjectId of workloads, followers and removals), `policy` (UID), `group`
   * (name of the group), `cluster` (ids of clusters that it is, or is still to be removed from, on).
   */
  readonly bindings: Informer<ResourceBinding>
  readonly clusterBindings: Informer<ClusterResourceBinding>
  /** What costs are made of. */
  readonly priceSheets: Informer<PriceSheet>
  readonly trafficProfiles: Informer<TrafficProfile>
  readonly carbonSheets: Informer<CarbonSheet>
  readonly scorers: Informer<Scorer>
  /** How objects of kinds are read that the hub does not know. */
  readonly interpreters: Interpreters
  readonly templates: Templates
  /** Both kinds of bindings that name the object, as workload, follower or removal. */
  bindingsOf(objectId: string): readonly Binding[]
  /** Both kinds of bindings that have to do with the cluster of that id: decided on, or to be removed from. */
  bindingsOn(clusterId: string): readonly Binding[]
  /** By `keyOf`: a key with a slash is a ResourceBinding. */
  binding(key: string): Binding | undefined
  start(): void
  /** Resolves when everything but templates has been seen once. */
  synced(): Promise<void>
}

export interface HubOptions {
  readonly env: Env
  readonly api: KubeApi
  readonly id: string
}

export function createHub({ env, api, id }: HubOptions): Hub {
  const bindings = bindingInformer<ResourceBinding>(env, api, resourceBindingResource)
  const clusterBindings = bindingInformer<ClusterResourceBinding>(env, api, clusterResourceBindingResource)
  const kinds = {
    clusters: createInformer<Cluster>({
      env,
      api,
      resource: clusterResource,
      indexes: { id: ({ spec }) => [spec.id], secret: ({ spec }) => (spec.secretRef ? [spec.secretRef.name] : []) },
    }),
    namespaces: informer<KubeObject>(env, api, namespaces),
    credentials: createInformer<KubeObject>({ env, api, resource: secrets, namespace: systemNamespace }),
    settings: createInformer<KubeObject>({ env, api, resource: configMaps, namespace: systemNamespace }),
    policies: policyInformer<PropagationPolicy>(env, api, propagationPolicyResource),
    clusterPolicies: policyInformer<ClusterPropagationPolicy>(env, api, clusterPropagationPolicyResource),
    overrides: overrideInformer<OverridePolicy>(env, api, overridePolicyResource),
    clusterOverrides: overrideInformer<ClusterOverridePolicy>(env, api, clusterOverridePolicyResource),
    bindings,
    clusterBindings,
    priceSheets: informer<PriceSheet>(env, api, priceSheetResource),
    trafficProfiles: informer<TrafficProfile>(env, api, trafficProfileResource),
    carbonSheets: informer<CarbonSheet>(env, api, carbonSheetResource),
    scorers: informer<Scorer>(env, api, scorerResource),
  }
  const templates = new Templates(env, api)
  const interpreters = new Interpreters(informer<Interpreter>(env, api, interpreterResource))
  templates.onChange((kind, { key, after }) => {
    if (!after) interpreters.forgetTemplate(kind, key)
  })
  const all = [...Object.values(kinds), interpreters]
  return {
    api,
    id,
    ...kinds,
    interpreters,
    templates,
    bindingsOf: (objectId) => [...bindings.byIndex('object', objectId), ...clusterBindings.byIndex('object', objectId)],
    bindingsOn: (id) => [...bindings.byIndex('cluster', id), ...clusterBindings.byIndex('cluster', id)],
    binding: (key) => (key.includes('/') ? bindings.get(key) : clusterBindings.get(key)),
    start: () => all.forEach((one) => one.start()),
    synced: async () => void (await Promise.all(all.map((one) => one.synced()))),
    async [Symbol.asyncDispose]() {
      await Promise.all([...all.map((one) => one.stop()), templates.stop()])
    },
  }
}

/** Objects of `resource` as they are, without managedFields. */
function informer<T extends KubeObject>(env: Env, api: KubeApi, resource: Resource): Informer<T> {
  return createInformer<T>({ env, api, resource })
}

/** Value of the index `selects` of policies in `namespace` (none: cluster-wide) that select `kind`. */
export function policyIndex(namespace: string | undefined, kind: Pick<ObjectRef, 'apiVersion' | 'kind'>): string {
  return `${namespace ?? ''} ${kindIdOf(kind)}`
}

function policyInformer<T extends PropagationPolicy | ClusterPropagationPolicy>(
  env: Env,
  api: KubeApi,
  resource: Resource,
): Informer<T> {
  const selects = ({ metadata, spec }: T) => [
    ...new Set(spec.resourceSelectors.map((selector) => policyIndex(metadata.namespace, selector))),
  ]
  return createInformer<T>({ env, api, resource, indexes: { selects } })
}

function overrideInformer<T extends OverridePolicy | ClusterOverridePolicy>(
  env: Env,
  api: KubeApi,
  resource: Resource,
): Informer<T> {
  const kindsOf = ({ spec }: T) => [...new Set(spec.resourceSelectors.map(kindIdOf))]
  return createInformer<T>({ env, api, resource, indexes: { kind: kindsOf } })
}

function bindingInformer<T extends Binding>(env: Env, api: KubeApi, resource: Resource): Informer<T> {
  return createInformer<T>({
    env,
    api,
    resource,
    indexes: {
      object: objectsOf,
      policy: ({ spec }) => (spec.policy ? [spec.policy.uid] : []),
      group: ({ metadata }) => [metadata.annotations?.[groupAnnotation] ?? []].flat(),
      cluster: targetClusterIdsOf,
    },
  })
}

function objectsOf({ spec }: Binding): readonly string[] {
  const placed = [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => objectIdOf(ref))
  return [...new Set([...placed, ...(spec.removals ?? []).map(({ object }) => objectIdOf(object))])]
}
