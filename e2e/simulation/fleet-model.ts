// What the hub says, as the checks understand it: a small model of its own, made of nothing but the hub's events.
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import { freezeName } from '@flotilla/api/failover'
import type { KubeObject } from '@flotilla/machinery/object'

export interface ModelCluster {
  readonly name: string
  readonly uid: string
  readonly id: string
  readonly isReady: boolean
  /** How far it is lost, as the hub says. */
  readonly state: string | undefined
  /** Keys. */
  readonly taints: readonly string[]
}

export interface ModelEviction {
  readonly cluster: string
  readonly id: string
  readonly clusterUID?: string
  readonly reason: string
  readonly since: string
}

interface DecidedEntry {
  readonly id: string
  readonly name: string
  readonly clusterUID?: string
  readonly replicas?: number
  readonly from?: number
}

export interface BindingSpec {
  readonly workloads: readonly { readonly ref: Ref }[]
  readonly followers?: readonly { readonly ref: Ref }[]
  readonly decision?: { readonly forHash: string; readonly clusters: readonly DecidedEntry[] }
  readonly removals?: readonly Removal[]
  readonly evictions?: readonly ModelEviction[]
}

interface Removal {
  readonly id: string
  readonly clusterUID?: string
  readonly object: Omit<Ref, 'uid'>
  readonly templateUID: string
}

interface Ref {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid: string
}

export interface ModelBinding {
  readonly app: string
  readonly isDeleted: boolean
  readonly spec: BindingSpec
  /** Status by type. */
  readonly conditions: Readonly<Record<string, string>>
}

export class FleetModel {
  /** By `kind name`. */
  readonly templates = new Map<string, KubeObject>()
  readonly policies = new Map<string, KubeObject>()
  readonly clusters = new Map<string, ModelCluster>()
  /** By store key. */
  readonly bindings = new Map<string, ModelBinding>()
  /** Since when nothing is to move, virtual ms since 1970. */
  frozenSince: number | undefined
  readonly #now: () => number
  /** UIDs of templates that were deleted, and not with `--cascade=orphan`. */
  readonly #ended = new Set<string>()
  readonly #orphaned = new Set<string>()
  /** UIDs of workloads that each template went along with. */
  readonly #users = new Map<string, Set<string>>()
  /** `cluster id, its registration, kind, name, template UID` of every removal that was ever recorded. */
  readonly #removals = new Set<string>()

  /** `now`: virtual ms since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  take(event: StoreEvent): void {
    const resource = event.key.slice(0, event.key.indexOf('/'))
    const isGone = event.type === 'DELETED'
    switch (resource) {
      case 'deployments.apps':
      case 'configmaps':
        if (event.key.endsWith(`/${freezeName}`))
          this.frozenSince = isGone ? undefined : (this.frozenSince ?? this.#now())
        return this.#takeTemplate(event, isGone)
      case 'propagationpolicies.flotilla.dev':
        if (isGone) this.policies.delete(event.object.metadata.name)
        else this.policies.set(event.object.metadata.name, event.object)
        return
      case 'clusters.flotilla.dev':
        return this.#takeCluster(event, isGone)
      case 'resourcebindings.flotilla.dev':
        return this.#takeBinding(event, isGone)
    }
  }

  /** Whether the copy, made of that template, may be deleted from the cluster. */
  mayBeRemoved(cluster: string, kind: string, name: string, templateUid: string): boolean {
    const { id = '', uid = '' } = this.clusters.get(cluster) ?? {}
    if (this.#removals.has(removalKey(id, uid, kind, name, templateUid))) return true
    if (this.#ended.has(templateUid)) return true
    return [...(this.#users.get(templateUid) ?? [])].some((uid) => this.#ended.has(uid))
  }

  wantedOf(app: string): number | undefined {
    const replicas = (this.templates.get(`Deployment ${app}`)?.['spec'] as { replicas?: number } | undefined)?.replicas
    return replicas
  }

  /** Its policy lets one replica run on a cluster at most. */
  isSingleton(app: string): boolean {
    return this.#weightList(app).some(({ maxReplicas }) => maxReplicas === 1)
  }

  /** Of the template that lives now: one that was created anew may have another's beside its own. */
  bindingOf(app: string): ModelBinding | undefined {
    const uid = this.templates.get(`Deployment ${app}`)?.metadata.uid
    return [...this.bindings.values()].find(({ spec }) => spec.workloads.some(({ ref }) => ref.uid === uid))
  }

  /** Shares by cluster, as the app's policy has them; undefined: it has none. */
  weightsOf(app: string): ReadonlyMap<string, number> | undefined {
    const policy = this.policies.get(app)
    if (policy === undefined || policy.metadata.deletionTimestamp !== undefined) return undefined
    return new Map(
      this.#weightList(app).map(({ targetCluster, weight }) => [targetCluster.clusterNames[0] ?? '', weight]),
    )
  }

  #weightList(app: string): WeightList {
    const spec = this.policies.get(app)?.['spec'] as PolicySpec | undefined
    return spec?.placement.replicaScheduling.weightPreference.staticWeightList ?? []
  }

  #takeTemplate({ object }: StoreEvent, isGone: boolean): void {
    const id = `${object.kind} ${object.metadata.name}`
    const { uid = '', deletionTimestamp, finalizers = [] } = object.metadata
    if (finalizers.includes('orphan')) this.#orphaned.add(uid)
    if ((deletionTimestamp !== undefined || isGone) && !this.#orphaned.has(uid)) this.#ended.add(uid)
    if (!isGone) this.templates.set(id, object)
    else if (this.templates.get(id)?.metadata.uid === object.metadata.uid) this.templates.delete(id)
  }

  #takeCluster({ object }: StoreEvent, isGone: boolean): void {
    const { name, uid = '', deletionTimestamp } = object.metadata
    if (isGone || deletionTimestamp !== undefined) return void this.clusters.delete(name)
    const { id, taints = [] } = object['spec'] as { id: string; taints?: readonly { key: string }[] }
    const isReady = conditionsOf(object)['Ready'] === 'True'
    const state = (object['status'] as { health?: { state: string } } | undefined)?.health?.state
    this.clusters.set(name, { name, uid, id, isReady, state, taints: taints.map(({ key }) => key) })
  }

  #takeBinding({ key, object }: StoreEvent, isGone: boolean): void {
    const spec = object['spec'] as BindingSpec
    const [workload] = spec.workloads
    if (isGone || workload === undefined) this.bindings.delete(key)
    else {
      const isDeleted = object.metadata.deletionTimestamp !== undefined
      this.bindings.set(key, { app: workload.ref.name, isDeleted, spec, conditions: conditionsOf(object) })
    }
    for (const { ref } of spec.followers ?? []) {
      const users = this.#users.get(ref.uid) ?? new Set()
      this.#users.set(ref.uid, users)
      for (const { ref: user } of spec.workloads) users.add(user.uid)
    }
    for (const removal of spec.removals ?? []) {
      const { id, clusterUID = '', object: ref, templateUID } = removal
      this.#removals.add(removalKey(id, clusterUID, ref.kind, ref.name, templateUID))
    }
  }
}

interface PolicySpec {
  readonly placement: {
    readonly replicaScheduling: {
      readonly weightPreference: { readonly staticWeightList: WeightList }
    }
  }
}

type WeightList = readonly {
  readonly targetCluster: { readonly clusterNames: readonly string[] }
  readonly weight: number
  readonly maxReplicas?: number
}[]

function conditionsOf(object: KubeObject): Readonly<Record<string, string>> {
  const status = object['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status: value }) => [type, value]))
}

function removalKey(...parts: readonly string[]): string {
  return parts.join(' ')
}
