// A hub and simulated members with delivery and status running between them, on a virtual clock. Decisions are
// written by the tests.
import { createHmac } from 'node:crypto'
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion, bindingFinalizer } from '@flotilla/api/group'
import {
  resourceBindingResource,
  type BindingSpec,
  type DecidedCluster,
  type ResourceBinding,
} from '@flotilla/api/resource-binding'
import { documents } from '@flotilla/kube-server/discovery/serve'
import type { KubeServer } from '@flotilla/kube-server/server'
import { isError } from '@flotilla/machinery/errors'
import type { GetOptions, KubeApi, RawRequest } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { createSimulatedCluster, type SimulatedCluster } from '@flotilla/simulator/cluster'
import { bindingKeyOf } from '../src/binding-replacement.ts'
import { startDelivery, type RunningDelivery } from '../src/delivery/controller.ts'
import { Fences } from '../src/fences.ts'
import { Members } from '../src/members/members.ts'
import { startStatus, type RunningStatus } from '../src/status/controller.ts'
import { lying, type Lies } from './lies.ts'
import { startTestHub, type TestHub, type TestHubOptions } from './test-hub.ts'

/** A request that was sent to a member. */
export interface Sent {
  readonly verb: string
  readonly resource: string
  readonly name: string
  /** That a deletion demands. */
  readonly uid?: string | undefined
}

export interface TestMember {
  readonly name: string
  readonly id: string
  readonly simulated: SimulatedCluster
  /** The administrator's of the member: people who meddle. */
  readonly api: KubeApi
  /** Writes of ours since the last `sent.length = 0`. */
  readonly writes: Sent[]
  /** What its answers to us are falsified by. */
  readonly lies: Lies
  get(resource: Resource, name: string, namespace?: string): Promise<KubeObject | undefined>
}

export interface TestFleet extends TestHub {
  readonly members: Members
  readonly fences: Fences
  readonly byName: Readonly<Record<string, TestMember>>
  /** Passes two virtual seconds. */
  settle(): Promise<void>
  /** Ends delivery and status, and starts them anew with nothing remembered. */
  restart(): Promise<void>
  /** Creates the template on the hub and a binding of it, with a decision, as the deciding half would. */
  place(template: KubeObject, resource: Resource, decided: Decided, more?: Partial<BindingSpec>): Promise<KubeObject>
  decide(template: KubeObject, decided: Decided, more?: Partial<BindingSpec>): Promise<void>
  binding(template: KubeObject): Promise<ResourceBinding>
}

/** By cluster name; null: the object goes there whole. */
export type Decided = Readonly<Record<string, number | null | Partial<DecidedCluster>>>

export async function startFleet(
  names: readonly string[] = ['m1', 'm2'],
  options: TestHubOptions = {},
): Promise<TestFleet> {
  const hub = await startTestHub(1, options)
  const { env, api } = hub
  const byName: Record<string, TestMember> = {}
  for (const name of names) byName[name] = await startMember(hub, name)
  const fences = new Fences()
  for (const name of names) fences.set(name, { mayWrite: () => true, end: () => Promise.resolve() })
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  let parts = startParts(hub, byName, fences)
  let decisions = 0

  const settle = () => env.advance(2_000)

  function specOf(template: KubeObject, decided: Decided, more: Partial<BindingSpec>): BindingSpec {
    const clusters = Object.entries(decided).map(([name, share]) => ({
      name,
      id: `id-${name}`,
      ...(typeof share === 'number' ? { replicas: share } : (share ?? {})),
    }))
    const total = (template as { spec?: { replicas?: number } }).spec?.replicas
    return {
      workloads: [{ ref: refOf(template), components: total === undefined ? [] : [{ name: '', replicas: total }] }],
      decision: {
        forHash: `decision-${++decisions}`,
        clusters,
        explanation: { trigger: 'Test', inputHash: 'x', feasible: clusters.length, rejected: {}, clusters: [] },
      },
      ...more,
    }
  }

  return {
    ...hub,
    byName,
    fences,
    get members() {
      return parts.members
    },
    settle,
    async restart() {
      await parts.stop()
      parts = startParts(hub, byName, fences)
      await settle()
    },
    async place(template, resource, decided, more = {}) {
      const created = await api.create(resource, template)
      await api.create(resourceBindingResource, {
        apiVersion,
        kind: 'ResourceBinding',
        metadata: {
          ...bindingKey(created),
          finalizers: [bindingFinalizer],
          ownerReferences: [
            {
              apiVersion: created.apiVersion,
              kind: created.kind,
              name: created.metadata.name,
              uid: created.metadata.uid ?? '',
            },
          ],
        },
        spec: specOf(created, decided, more),
      } as ResourceBinding)
      await settle()
      return created
    },
    async decide(template, decided, more = {}) {
      const patch = { spec: specOf(template, decided, more) }
      await api.patch(resourceBindingResource, bindingKey(template), { type: 'merge', patch })
      await settle()
    },
    binding: (template) => api.get<ResourceBinding>(resourceBindingResource, bindingKey(template)),
    async [Symbol.asyncDispose]() {
      await parts.stop()
      for (const { simulated } of Object.values(byName)) {
        await env.complete(simulated.stop(), { limitMs: 60_000, what: 'the end of a member' })
      }
      await hub[Symbol.asyncDispose]()
    },
  }
}

function startParts({ env, hub }: TestHub, byName: Readonly<Record<string, TestMember>>, fences: Fences) {
  const members = new Members({
    env,
    hub,
    fences,
    connect: (cluster) => {
      const member = byName[cluster.metadata.name]
      if (!member) throw new Error(`there is no member ${cluster.metadata.name}`)
      return { api: recorded(member), close: async () => {} }
    },
  })
  members.start()
  const hmac = (text: string) => createHmac('sha256', 'test').update(text).digest('base64url')
  const delivery: RunningDelivery = startDelivery({ env, hub, members, hmac, fences })
  const status: RunningStatus = startStatus({ env, hub, members })
  return {
    members,
    async stop() {
      const parts = [delivery, status, members].map((part) => part[Symbol.asyncDispose]())
      await env.complete(Promise.all(parts), { limitMs: 60_000, what: 'the end of delivery' })
    },
  }
}

async function startMember({ env, api }: TestHub, name: string): Promise<TestMember> {
  const starting = createSimulatedCluster({ env, name, nodes: 3, podStartMs: 100 })
  const simulated = await env.complete(starting, { limitMs: 60_000, what: `member ${name}` })
  serveDocuments(simulated.server)
  const cluster = {
    apiVersion,
    kind: 'Cluster',
    metadata: { name, labels: { tier: name } },
    spec: { id: `id-${name}`, mode: 'Direct', region: `region-${name}` },
  } as Cluster
  await api.create(clusterResource, cluster)
  const admin = simulated.server.apiAs({ name: 'admin', groups: ['system:masters'] })
  return {
    name,
    id: `id-${name}`,
    simulated,
    api: admin,
    writes: [],
    lies: {},
    get: (resource, object, namespace = 'shop') =>
      admin.get(resource, resource.namespaced ? { namespace, name: object } : { name: object }).catch((error) => {
        if (isError(error, 'NotFound')) return undefined
        throw error
      }),
  }
}

export function serveDocuments(server: KubeServer): void {
  server.setDocuments((path, accept) => {
    if (path === '/version') return { code: 200, contentType: 'application/json', body: { gitVersion: 'v1.36.3' } }
    const found = documents(server.catalog, path, accept)
    return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
  })
}

/** Members of these fleets are registered under identities that tests can write down. */
function identifiedAs(uid: string, api: KubeApi): KubeApi {
  return {
    ...api,
    async get<T extends KubeObject>(resource: Resource, key: ObjectKey, options?: GetOptions): Promise<T> {
      const object = await api.get<T>(resource, key, options)
      const isIdentity = resource.plural === 'namespaces' && key.name === 'kube-system'
      return isIdentity ? { ...object, metadata: { ...object.metadata, uid } } : object
    },
  }
}

/** Our way to the member, over the network, each write noted. */
function recorded({ id, simulated, writes, lies }: TestMember): KubeApi {
  const api = lying(identifiedAs(id, simulated.api), lies)
  const note = (verb: string, resource: Resource, { name }: ObjectKey) =>
    void writes.push({ verb, resource: resource.plural, name })
  return {
    get: (resource, key, options) => api.get(resource, key, options),
    list: (resource, options) => api.list(resource, options),
    watch: (resource, options) => api.watch(resource, options),
    raw: (request: RawRequest) => api.raw(request),
    create(resource, object, options) {
      note('create', resource, object.metadata)
      return api.create(resource, object, options)
    },
    update(resource, object, options) {
      note('update', resource, object.metadata)
      return api.update(resource, object, options)
    },
    patch(resource, key, patch, options) {
      note('patch', resource, key)
      return api.patch(resource, key, patch, options)
    },
    apply(resource, object, options) {
      note('apply', resource, object.metadata)
      return api.apply(resource, object, options)
    },
    delete(resource, key, options) {
      writes.push({ verb: 'delete', resource: resource.plural, name: key.name, uid: options?.preconditions?.uid })
      return api.delete(resource, key, options)
    },
  }
}

export function refOf({ apiVersion: version, kind, metadata }: KubeObject) {
  const { name, namespace, uid = '' } = metadata
  return { apiVersion: version, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) }
}

function bindingKey(template: KubeObject): ObjectKey {
  return bindingKeyOf(refOf(template))
}

export function aDeployment(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'reg.io/web:1' }] } },
      ...spec,
    },
  }
}

export function aConfigMap(name: string, data: Readonly<Record<string, string>> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name }, data }
}

export const toys: Resource = { group: 'toys.io', version: 'v1', plural: 'toys', kind: 'Toy', namespaced: true }

export function aToy(name: string, spec: Readonly<Record<string, unknown>> = { size: 1 }): KubeObject {
  return { apiVersion: 'toys.io/v1', kind: 'Toy', metadata: { namespace: 'shop', name }, spec }
}

export function aToyDefinition(): KubeObject {
  const size = { type: 'object', properties: { size: { type: 'integer' } } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: size } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'toys.toys.io' },
    spec: {
      group: 'toys.io',
      scope: 'Namespaced',
      names: { plural: 'toys', singular: 'toy', kind: 'Toy', listKind: 'ToyList' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}
