// What the hub states of a template on a member, put together with the same pure functions as the delivery loop.
import type { Cluster } from '@flotilla/api/cluster'
import { type Interpreter, interpreterResource } from '@flotilla/api/interpreter'
import {
  clusterOverridePolicyResource,
  overridePolicyResource,
  type ClusterOverridePolicy,
  type OverridePolicy,
} from '@flotilla/api/override-policy'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { claimsOn, type Claim } from '@flotilla/control-plane/delivery/claims'
import type { AnyOverridePolicy } from '@flotilla/control-plane/delivery/overrides'
import type { Rendered } from '@flotilla/control-plane/delivery/render'
import { hasScaler, renderFor } from '@flotilla/control-plane/delivery/render-for'
import { isScaledByOthers } from '@flotilla/control-plane/delivery/scaling'
import {
  defaultSettings,
  settingsOf,
  stricter,
  withRetained,
  type DeliverySettings,
} from '@flotilla/control-plane/delivery/settings'
import { RuleBook, type RuleLookup } from '@flotilla/control-plane/interpreter/rule-book'
import { builtinSchemaOf, MemberKinds, type MemberKind } from '@flotilla/control-plane/members/member-kinds'
import { projectRow, type Row } from '@flotilla/control-plane/members/row'
import { SchemaLibrary } from '@flotilla/control-plane/members/schema-library'
import { objectIdOf, type ObjectId } from '@flotilla/control-plane/object-id'
import { loadCel, loadCelFor } from '@flotilla/machinery/cel/program'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { horizontalPodAutoscalers } from '../reach/kinds.ts'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import type { KindSchema } from '@flotilla/machinery/schema'
import type { Env } from '@flotilla/runtime/env'
import type { FleetMember } from '../reach/fleet.ts'
import { readPolicy } from '@flotilla/control-plane/what-if/explain-every'
import type { Binding } from '@flotilla/control-plane/hub'
import type { TemplateAndBindings } from '@flotilla/control-plane/what-if/template-bindings'

export interface RenderedOn {
  readonly cluster: string
  readonly rendered: Rendered
  readonly settings: DeliverySettings
  readonly kind: MemberKind
  /** The object on the member as it is now. */
  readonly live: KubeObject | undefined
}

/** Everything of the hub that rendering reads, read once for all clusters. */
export class Renderer {
  readonly #env: Env
  readonly #hub: KubeApi
  readonly #library = new SchemaLibrary()
  readonly #signal = new AbortController().signal
  /** One for each member: what it serves is asked once. */
  readonly #kinds = new WeakMap<KubeApi, MemberKinds>()
  #shared: Promise<HubView> | undefined

  constructor(env: Env, hub: KubeApi) {
    this.#env = env
    this.#hub = hub
  }

  /** Undefined when no binding claims the template on the member. @throws what hub or member answer. */
  async render(from: TemplateAndBindings, member: FleetMember, api: KubeApi): Promise<RenderedOn | undefined> {
    const { template } = from
    const claims = claimsOn(from.bindings, objectIdOf(refOf(template)), member.cluster.spec.id)
    if (claims.length === 0) return undefined
    this.#shared ??= readView(this.#hub)
    const [shared, kind, policies] = await Promise.all([
      this.#shared,
      this.kindOn(member, api, template),
      this.#settings(claims, member.name),
    ])
    const live = await readLive(api, kind, template)
    const settings = withRetained(policies, template, shared.rules)
    const row = live && projectRow(live, this.#env.clock.now())
    const rendered = renderOn(shared, { template, claims, cluster: member.cluster, kind, settings, row })
    return { cluster: member.name, rendered, settings, kind, live }
  }

  /** How the member serves the kind. @throws NotFound when it does not. */
  async kindOn({ name }: FleetMember, api: KubeApi, { apiVersion, kind }: KubeObject): Promise<MemberKind> {
    const kinds = this.#kinds.get(api) ?? new MemberKinds(api, this.#library, this.#signal)
    this.#kinds.set(api, kinds)
    const lookup = await kinds.find(apiVersion, kind)
    if (lookup.found) return lookup.found
    const why = lookup.isUnknown ? 'its API group cannot be read now' : 'the cluster does not serve it'
    throw new FlotillaError('NotFound', `Cannot render a ${kind} (${apiVersion}) for cluster ${name}: ${why}`)
  }

  async #settings(claims: readonly Claim[], cluster: string): Promise<DeliverySettings> {
    const each = await Promise.all(claims.map(({ binding }) => this.#settingsOf(binding, cluster)))
    return each.length === 0 ? defaultSettings : each.reduce(stricter)
  }

  async #settingsOf({ spec }: Binding, cluster: string): Promise<DeliverySettings> {
    const policy = spec.policy && (await readPolicy(this.#hub, spec.policy))
    return settingsOf(policy?.spec, cluster)
  }
}

export interface StatedOn {
  readonly template: KubeObject
  /** At least one. */
  readonly claims: readonly Claim[]
  readonly cluster: Cluster
  readonly kind: MemberKind
  readonly settings: DeliverySettings
  /** Of the copy that is there. */
  readonly row: Row | undefined
}

export function renderOn(view: HubView, { template, claims, cluster, kind, settings, row }: StatedOn): Rendered {
  const isScaled = isScaledByOthers(
    row,
    settings,
    hasScaler(claims, template, (id) => view.scalers.get(id)),
  )
  return renderFor({
    template,
    hubSchema: builtinSchemaOf(template.apiVersion, template.kind),
    hubId: view.hubId,
    cluster,
    claims,
    overrides: view.overrides,
    labelsOf: (name) => view.namespaces.get(name),
    served: kind,
    isScaled,
    rules: view.rules,
  })
}

/** What rendering reads of the hub, whatever the template. */
export interface HubView {
  readonly hubId: string
  readonly overrides: readonly AnyOverridePolicy[]
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** By id. */
  readonly scalers: ReadonlyMap<ObjectId, KubeObject>
  /** Of kinds that the hub does not know. */
  readonly rules: RuleLookup
}

export async function readView(hub: KubeApi): Promise<HubView> {
  const [hubId, local, wide, interpreters, spaces, scalers] = await Promise.all([
    identityOf(hub),
    hub.list<OverridePolicy>(overridePolicyResource),
    hub.list<ClusterOverridePolicy>(clusterOverridePolicyResource),
    hub.list<Interpreter>(interpreterResource),
    hub.list(namespaces),
    hub.list(horizontalPodAutoscalers),
  ])
  const overrides = [...wide.items, ...local.items]
  await loadCelFor(overrides.map(({ spec }) => spec))
  if (interpreters.items.length > 0) await loadCel()
  return {
    hubId,
    overrides,
    namespaces: new Map(spaces.items.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    scalers: new Map(scalers.items.map((scaler) => [objectIdOf(refOf(scaler)), scaler])),
    rules: new RuleBook(interpreters.items),
  }
}

export async function readLive(
  api: KubeApi,
  { resource }: MemberKind,
  { metadata }: KubeObject,
): Promise<KubeObject | undefined> {
  const { name, namespace } = metadata
  try {
    return await api.get(resource, namespace === undefined ? { name } : { name, namespace })
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

function refOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace }
}

/** Of a kind of which no schema is known. */
export const untyped: KindSchema = {
  root: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  resolve: () => undefined,
}

export function titleOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${keyOf(metadata)}`
}
