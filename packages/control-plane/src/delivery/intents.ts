// What the hub wants of one object on one cluster, put together from its informers.
import type { Cluster } from '@flotilla/api/cluster'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { valueAt } from '@flotilla/machinery/untyped'
import type { BindingFate } from '../binding-fate.ts'
import type { Binding, Hub } from '../hub.ts'
import { builtinSchemaOf } from '../members/member-kinds.ts'
import { isFinishedStatus, type Row } from '../members/row.ts'
import { kindIdIn, kindIdOf, objectIdOf, type KindId, type ObjectId } from '../object-id.ts'
import { appliedHash, withAppliedHash, type Hmac } from './applied-hash.ts'
import { claimsOn, formerUsersOf, removalOn, type Claim, type Judges, type WantedRemoval } from './claims.ts'
import { ownedDigest } from './owned-fields.ts'
import { matchRules, type AnyOverridePolicy, type NamespaceLabels } from './overrides.ts'
import { hasScaler, renderFor, shareKey } from './render-for.ts'
import type { Rendered, ServedKind } from './render.ts'
import { isScaledByOthers } from './scaling.ts'
import { defaultSettings, settingsOf, stricter, withRetained, type DeliverySettings } from './settings.ts'
import { successionWaitMs } from './succession.ts'
import { isSameStatement } from './template-change.ts'

/** What one cluster shall hold, before it is written. */
export interface Statement {
  readonly hash: string
  readonly fieldsDropped: readonly string[]
  readonly templateGeneration: number
  /** Digest of the field set that we own where just this holds; undefined: not known. */
  owned(): string | undefined
  /** Rendered anew unless it was just now: what is kept of it for thousands of objects is its hash. */
  render(): Rendered
}

interface CachedStatement {
  readonly template: KubeObject
  readonly inputs: readonly unknown[]
  readonly statement: Statement
}

interface Variant {
  readonly inputs: readonly unknown[]
  readonly statement: Statement
}

/** Shares of replicas differ by cluster: so many statements of one template are kept to be shared. */
const mostVariants = 16

/** By cluster and object: what was stated last, and from what. */
export type StatementCache = Map<ObjectId, CachedStatement>

export class Intents {
  readonly #hub: Hub
  readonly #hmac: Hmac
  readonly #holds: Judges['holds']
  /** By UID of the binding. `judgedAt`: monotonic ms. */
  readonly #fates = new Map<string, { readonly fate: BindingFate; readonly judgedAt: number }>()
  /** Statements that clusters share, by the very template that they were made of. */
  readonly #variants = new WeakMap<KubeObject, readonly Variant[]>()
  /** Counts changes of overrides, namespaces and rules: what was rendered before one may be rendered differently now. */
  #epoch = 0

  /** `holds`: the breaker has not let the removal go. */
  constructor(hub: Hub, hmac: Hmac, holds: Judges['holds']) {
    this.#hub = hub
    this.#hmac = hmac
    this.#holds = holds
  }

  bindingsOf(id: ObjectId): readonly Binding[] {
    return this.#hub.bindingsOf(id)
  }

  claimsOn(id: ObjectId, clusterId: string): readonly Claim[] {
    return claimsOn(this.#hub.bindingsOf(id), id, clusterId)
  }

  removalOn(id: ObjectId, cluster: Cluster): WantedRemoval | undefined {
    const fateOf = (binding: Binding) => this.fate(binding)
    const suspends = (binding: Binding) => settingsOf(this.policyOf(binding), cluster.metadata.name).isSuspended
    return removalOn(this.#hub.bindingsOf(id), id, cluster, { fateOf, suspends, holds: this.#holds })
  }

  formerUsersOf(id: ObjectId, clusterId: string): readonly ObjectId[] {
    return formerUsersOf(this.#hub.bindingsOf(id), id, clusterId)
  }

  /** How long, ms, a removal of the object waits for templates that took deleted ones' names. `now`: monotonic ms. */
  successionWaitMs(id: ObjectId, now: number): number {
    const judgedAt = (binding: Binding) => this.#fateOf(binding)?.judgedAt
    return successionWaitMs(this.#hub.bindingsOf(id), (template) => this.template(template), judgedAt, now)
  }

  /** What the deletion of a binding means; unknown until the hub was asked for its template. `judgedAt`: monotonic. */
  setFate(binding: Binding, fate: BindingFate, judgedAt: number): void {
    this.#fates.set(binding.metadata.uid ?? '', { fate, judgedAt })
  }

  fate(binding: Binding): BindingFate | undefined {
    return this.#fateOf(binding)?.fate
  }

  #fateOf({ metadata }: Binding) {
    return this.#fates.get(metadata.uid ?? '')
  }

  forgetFate(uid: string): void {
    this.#fates.delete(uid)
  }

  template(id: ObjectId): KubeObject | undefined {
    return this.#hub.templates.byId(id)
  }

  /** Everything that rendering the object reads has been read whole. */
  isReadable(id: ObjectId): boolean {
    const hub = this.#hub
    const own = [
      hub.interpreters,
      hub.clusters,
      hub.namespaces,
      hub.policies,
      hub.clusterPolicies,
      hub.overrides,
      hub.clusterOverrides,
    ]
    const bindings = [hub.bindings, hub.clusterBindings]
    return [...own, ...bindings].every((informer) => informer.hasSynced) && this.#isKindRead(kindIdIn(id))
  }

  #isKindRead(kind: KindId): boolean {
    const slash = kind.indexOf('/')
    const apiVersion = slash === 0 ? 'v1' : `${kind.slice(0, slash)}/v1`
    return this.#hub.templates.informer({ apiVersion, kind: kind.slice(slash + 1) })?.hasSynced === true
  }

  settings(template: KubeObject, claims: readonly Claim[], cluster: string): DeliverySettings {
    const each = claims.map(({ binding }) => settingsOf(this.policyOf(binding), cluster))
    const settings = each.length === 0 ? defaultSettings : each.reduce(stricter)
    return withRetained(settings, template, this.#hub.interpreters)
  }

  policyOf({ spec }: Binding): PropagationSpec | undefined {
    if (!spec.policy) return undefined
    const { policies, clusterPolicies } = this.#hub
    const policy =
      spec.policy.namespace === undefined ? clusterPolicies.get(spec.policy.name) : policies.get(keyOf(spec.policy))
    return policy?.spec
  }

  /** Overrides, labels of namespaces or rules of kinds have changed. */
  renderingChanged(): void {
    this.#epoch++
  }

  /** Whether the object has run to its end on the cluster of that identity before, as far as the hub remembers. */
  hasFinished(template: KubeObject, clusterId: string): boolean {
    const isJob = kindIdOf(template) === 'batch/Job'
    if (!isJob && !this.#hub.interpreters.rulesFor(template)?.has('completion')) return false
    if (isJob && isFinishedStatus(valueAt(template, 'status'))) return true
    // What runs to its end is healthy when it is there, and the binding is that of this very template; also one that was deleted
    // by hand, as long as what was observed has not been taken over.
    return this.#hub
      .bindingsOf(templateId(template))
      .some(
        ({ spec, status }) =>
          spec.workloads.some(({ ref }) => ref.uid === template.metadata.uid) &&
          status?.clusters?.some(({ id, health }) => id === clusterId && health === 'Healthy') === true,
      )
  }

  /** Throws Invalid when an override cannot be carried out. */
  statement({ template, claims, cluster, served, row, settings }: StatementInput, cache: StatementCache): Statement {
    const id = templateId(template)
    const get = (other: ObjectId) => this.#hub.templates.byId(other)
    const isScaled = isScaledByOthers(row, settings, hasScaler(claims, template, get))
    const share = claims[0] ? shareKey(template, claims[0]) : ''
    const { metadata, spec } = cluster
    const inputs = [metadata.labels, spec, served, this.#epoch, isScaled, share]
    const known = cache.get(id)
    if (known && isSameTemplate(known.template, template) && isSameList(known.inputs, inputs)) return known.statement
    const alike = [apiVersionOf(served.resource), served.schema, this.#epoch, isScaled, share]
    const statement = this.#shared({ template, claims, cluster, served, isScaled }, alike)
    cache.set(id, { template, inputs, statement })
    return statement
  }

  /** Where nothing sets a cluster apart, what is stated on it is stated on all for which `alike` is the same. */
  #shared(input: StateInput, alike: readonly unknown[]): Statement {
    const { template } = input
    if (this.#isApart(input)) return this.#state(input)
    const variants = this.#variants.get(template) ?? []
    const known = variants.find(({ inputs }) => isSameList(inputs, alike))
    if (known) return known.statement
    const statement = this.#state(input)
    this.#variants.set(template, [...variants.slice(1 - mostVariants), { inputs: alike, statement }])
    return statement
  }

  /** An override is for it, or its share of replicas is told by its identity. */
  #isApart({ template, cluster }: StateInput): boolean {
    if (kindIdOf(template) === 'autoscaling/HorizontalPodAutoscaler') return true
    return matchRules(template, cluster, this.#overridesFor(template), this.#labelsOf).length > 0
  }

  #overridesFor(template: KubeObject): readonly AnyOverridePolicy[] {
    const kind = kindIdOf(template)
    return [...this.#hub.overrides.byIndex('kind', kind), ...this.#hub.clusterOverrides.byIndex('kind', kind)]
  }

  #state(input: StateInput): Statement {
    const { template, served } = input
    const run = () =>
      renderFor({
        ...input,
        hubSchema: builtinSchemaOf(template.apiVersion, template.kind),
        hubId: this.#hub.id,
        overrides: this.#overridesFor(template),
        labelsOf: this.#labelsOf,
        rules: this.#hub.interpreters,
      })
    const rendered = run()
    const { object, fieldsDropped } = rendered
    const latest = new WeakRef(rendered)
    const render = () => latest.deref() ?? run()
    let owned: { readonly fields: string | undefined } | undefined
    return {
      hash: appliedHash(object, this.#hmac),
      fieldsDropped,
      templateGeneration: template.metadata.generation ?? 0,
      owned() {
        owned ??= { fields: served.schema && ownedDigest(withAppliedHash(render().object, ''), served.schema) }
        return owned.fields
      },
      render,
    }
  }

  readonly #labelsOf: NamespaceLabels = (namespace) => {
    const object = this.#hub.namespaces.get(namespace)
    return object && (object.metadata.labels ?? {})
  }
}

interface StateInput extends Pick<StatementInput, 'template' | 'claims' | 'cluster' | 'served'> {
  readonly isScaled: boolean
}

export interface StatementInput {
  readonly template: KubeObject
  readonly claims: readonly Claim[]
  readonly cluster: Cluster
  readonly served: ServedKind
  readonly row: Row | undefined
  readonly settings: DeliverySettings
}

/** Status and bookkeeping of the hub's copy change nothing that is stated. */
function isSameTemplate(before: KubeObject, after: KubeObject): boolean {
  return before === after || isSameStatement(before, after)
}

function isSameList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.every((item, index) => item === after[index])
}

function templateId({ apiVersion, kind, metadata }: KubeObject): ObjectId {
  return objectIdOf({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name })
}
