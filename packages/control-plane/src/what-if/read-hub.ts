// Reads what decisions depend on from the hub, of templates only those whose policy may become another.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
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
import { interpreterResource, type Interpreter } from '@flotilla/api/interpreter'
import type { ResourceSelector } from '@flotilla/api/selector'
import { loadCel, loadCelFor } from '@flotilla/machinery/cel/program'
import { discover } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { customResourceDefinitions, namespaces, priorityClasses } from '@flotilla/machinery/well-known-resources'
import type { CostSources } from '@flotilla/scheduler/cost/book'
import { type ClusterRow, toClusterRow } from '@flotilla/scheduler/snapshot'
import { identityOf } from '../cluster/join/join.ts'
import type { Binding } from '../hub.ts'
import { kindIdOf } from '../object-id.ts'
import { RuleBook } from '../interpreter/rule-book.ts'
import type { Policy } from '../policy/match.ts'
import { placedKindsOn, placesDefinition } from '../binding/placed-kinds.ts'
import { refusalAmong } from '../refused-registration.ts'
import { readCostSources } from './read-cost-book.ts'
import { type HubState, interpretedKinds, isNamespace, isPolicy, isPriorityClass, sameObject } from './hub-state.ts'

export interface HubReading {
  readonly clusters: readonly Cluster[]
  /** Of those that may be used: nothing is done for one that is registered twice. */
  readonly rows: readonly ClusterRow[]
  readonly sources: CostSources
  readonly state: HubState
}

/** `put`: objects that may be put on the hub; `removed`: that may be taken away. */
export async function readHub(
  api: KubeApi,
  put: readonly KubeObject[],
  removed: readonly KubeObject[] = [],
): Promise<HubReading> {
  const changed = [...put, ...removed]
  const [{ clusters, rows }, sources, local, wide, bindings, clusterBindings, interpreters, spaces, classes] =
    await Promise.all([
      readClusters(api),
      readCostSources(api),
      api.list<PropagationPolicy>(propagationPolicyResource),
      api.list<ClusterPropagationPolicy>(clusterPropagationPolicyResource),
      api.list<ResourceBinding>(resourceBindingResource),
      api.list<ClusterResourceBinding>(clusterResourceBindingResource),
      api.list<Interpreter>(interpreterResource),
      changed.length === 0 ? { items: [] } : api.list(namespaces),
      changed.length === 0 ? { items: [] } : api.list(priorityClasses),
    ])
  const policies = [...local.items, ...wide.items]
  const templates = await readTemplates(api, selectionsOf(changed, policies))
  const bound = [...bindings.items, ...clusterBindings.items]
  await loadCelFor([changed, ...policies.map(({ spec }) => spec)])
  await loadCelForRuled(interpreters.items, [
    ...changed,
    ...bound.flatMap(({ spec }) => spec.workloads.map(({ ref }) => ref)),
  ])
  return {
    clusters,
    rows,
    sources,
    state: {
      policies,
      bindings: bound,
      templates,
      namespaces: spaces.items,
      priorityClasses: classes.items,
      interpreters: interpreters.items,
    },
  }
}

async function loadCelForRuled(
  own: readonly Interpreter[],
  objects: readonly Pick<KubeObject, 'apiVersion' | 'kind'>[],
): Promise<void> {
  const rules = new RuleBook(own)
  if (own.length > 0 || objects.some((object) => rules.rulesFor(object))) await loadCel()
}

/** Clusters, and of those that the hub uses what the scheduler sees. */
export async function readClusters(api: KubeApi): Promise<Pick<HubReading, 'clusters' | 'rows'>> {
  const [{ items }, bindings, hubId] = await Promise.all([
    api.list<Cluster>(clusterResource),
    api.list<ClusterResourceBinding>(clusterResourceBindingResource),
    identityOf(api),
  ])
  const placing: readonly Binding[] = bindings.items.filter(placesDefinition)
  const found = placing.length === 0 ? [] : (await api.list(customResourceDefinitions)).items
  const byName = new Map(found.map((definition) => [definition.metadata.name, definition]))
  const kindsOn = (id: string) => placedKindsOn(id, placing, (name) => byName.get(name))
  const byId = Map.groupBy(items, ({ spec }) => spec.id)
  const used = items.filter((cluster) => !refusalAmong(hubId, byId.get(cluster.spec.id) ?? [], cluster))
  return { clusters: items, rows: used.map((cluster) => toClusterRow(cluster, kindsOn(cluster.spec.id))) }
}

type Selection = Pick<ResourceSelector, 'apiVersion' | 'kind' | 'namespace'>

/** What changed policies select or selected, what policies select by labels of namespaces that change, or rank by class. */
function selectionsOf(changed: readonly KubeObject[], policies: readonly Policy[]): readonly Selection[] {
  const next = changed.filter(isPolicy)
  const kinds = interpretedKinds(changed)
  const before = policies.filter((policy) => next.some((each) => sameObject(each, policy)))
  const all = [...before, ...next].flatMap(({ metadata, spec }) =>
    spec.resourceSelectors.map((selector) => withNamespace(selector, metadata.namespace ?? selector.namespace)),
  )
  const others = [...policies, ...next].flatMap(({ spec: { resourceSelectors, schedulePriority } }) =>
    schedulePriority !== undefined && changed.some(isPriorityClass) ? resourceSelectors : byLabels(resourceSelectors),
  )
  return [...all, ...others, ...policies.flatMap(interpreted)]

  function interpreted({ spec }: Policy): readonly ResourceSelector[] {
    return spec.resourceSelectors.filter((selector) => kinds.has(kindIdOf(selector)))
  }

  function byLabels(selectors: readonly ResourceSelector[]): readonly ResourceSelector[] {
    return changed.some(isNamespace) ? selectors.filter(({ namespaceSelector }) => namespaceSelector !== undefined) : []
  }
}

function withNamespace({ apiVersion, kind }: ResourceSelector, namespace: string | undefined): Selection {
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }
}

async function readTemplates(api: KubeApi, selections: readonly Selection[]): Promise<readonly KubeObject[]> {
  if (selections.length === 0) return []
  const discovery = await discover(api)
  const lists = new Map(selections.map((each) => [`${each.apiVersion} ${each.kind} ${each.namespace ?? ''}`, each]))
  const found = await Promise.all(
    [...lists.values()].map(async ({ apiVersion, kind, namespace }) => {
      const resource = discovery.find(apiVersion, kind)
      if (resource === undefined) return []
      const { items } = await api.list(resource, namespace === undefined ? {} : { namespace })
      return items.map((item) => ({ ...item, apiVersion, kind }))
    }),
  )
  const live = found.flat().filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  return [...new Map(live.map((template) => [template.metadata.uid, template])).values()]
}
