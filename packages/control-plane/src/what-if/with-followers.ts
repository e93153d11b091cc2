// Who follows whom once objects are put on the hub or taken away, found as the policy controller finds it.
import { type Discovery, discover } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Binding } from '../hub.ts'
import { kindIdOf, objectIdOf, type ObjectId } from '../object-id.ts'
import { refOf } from '../policy/binding.ts'
import { type FollowerKind, followerKinds } from '../interpreter/follower-kinds.ts'
import { RuleBook } from '../interpreter/rule-book.ts'
import { followersOf } from '../policy/dependencies.ts'
import { policyRef } from '../policy/match.ts'
import { type HubState, idOf, interpretedKinds } from './hub-state.ts'
import { getOptional } from './would-be.ts'

/** Kinds of which a change may change who follows. */
const isFollowerKind = (kind: string): kind is FollowerKind => Object.hasOwn(followerKinds, kind)

/** `bindings` with their followers anew in the namespaces where `put` or `removed` has a workload, a follower, or rules for a workload. */
export async function withFollowers(
  api: KubeApi,
  bindings: readonly Binding[],
  { policies, interpreters, removed: gone }: HubState,
  put: readonly KubeObject[],
  removed: readonly KubeObject[],
): Promise<readonly Binding[]> {
  const bound = new Set(bindings.flatMap(({ spec }) => spec.workloads.map(({ ref }) => objectIdOf(ref))))
  const concerned = [...put, ...removed].filter((object) => isFollowerKind(object.kind) || bound.has(idOf(object)))
  const rules = new RuleBook(interpreters)
  const kinds = interpretedKinds([...put, ...removed])
  const interpreted = bindings.filter(({ spec }) => spec.workloads.some(({ ref }) => kinds.has(kindIdOf(ref))))
  const touched = new Set([...concerned, ...interpreted].map(({ metadata }) => metadata.namespace))
  const withoutDeps = new Set(
    policies.filter(({ spec }) => spec.propagateDeps === false).map((policy) => policyRef(policy).uid),
  )
  if (touched.size === 0) return bindings
  const discovery = await discover(api)
  const byId = new Map(put.map((object) => [idOf(object), object]))
  const inNamespace = new Map<string, Promise<Objects>>()
  return Promise.all(
    bindings.map(async (binding) => {
      const { namespace } = binding.metadata
      const ref = binding.spec.workloads[0]?.ref
      const { policy } = binding.spec
      if (namespace === undefined || !touched.has(namespace) || ref === undefined || policy === undefined)
        return binding
      if (withoutDeps.has(policy.uid)) return binding
      if (!inNamespace.has(namespace)) inNamespace.set(namespace, readObjects(api, discovery, namespace, byId, gone))
      const template = byId.get(objectIdOf(ref)) ?? (await readOne(api, discovery, ref, namespace))
      const objects = await inNamespace.get(namespace)
      if (template === undefined || objects === undefined) return binding
      const before = () => existing(binding, objects)
      const followers = followersOf(template, objects, rules, before).map((follower) => ({ ref: refOf(follower) }))
      return { ...binding, spec: { ...binding.spec, followers } }
    }),
  )
}

function existing({ spec }: Binding, objects: Objects): readonly KubeObject[] {
  return (spec.followers ?? []).flatMap(({ ref }) =>
    isFollowerKind(ref.kind) ? (objects.get(ref.kind, ref.name) ?? []) : [],
  )
}

interface Objects {
  get(kind: FollowerKind, name: string): KubeObject | undefined
  list(kind: FollowerKind): Iterable<KubeObject>
}

async function readObjects(
  api: KubeApi,
  discovery: Discovery,
  namespace: string,
  put: ReadonlyMap<ObjectId, KubeObject>,
  gone: ReadonlySet<ObjectId> = new Set(),
): Promise<Objects> {
  const lists = await Promise.all(
    Object.entries(followerKinds).map(async ([kind, apiVersion]) => {
      const resource = discovery.find(apiVersion, kind)
      const { items } = resource === undefined ? { items: [] } : await api.list(resource, { namespace })
      const all = new Map(items.map((item) => [item.metadata.name, { ...item, apiVersion, kind }]))
      for (const object of put.values()) {
        if (object.kind === kind && object.metadata.namespace === namespace)
          all.set(object.metadata.name, { ...object, apiVersion, kind })
      }
      const left = [...all].filter(([, object]) => !gone.has(idOf(object)))
      return [kind, new Map<string, KubeObject>(left)] as const
    }),
  )
  const byKind = new Map<string, ReadonlyMap<string, KubeObject>>(lists)
  return { get: (kind, name) => byKind.get(kind)?.get(name), list: (kind) => byKind.get(kind)?.values() ?? [] }
}

async function readOne(
  api: KubeApi,
  discovery: Discovery,
  { apiVersion, kind, name }: { readonly apiVersion: string; readonly kind: string; readonly name: string },
  namespace: string,
): Promise<KubeObject | undefined> {
  const resource = discovery.find(apiVersion, kind)
  return resource && getOptional(api, resource, { name, namespace })
}
