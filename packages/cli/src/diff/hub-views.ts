// What rendering reads of the hub: as it is, and as it would be.
import type { Cluster } from '@flotilla/api/cluster'
import { group } from '@flotilla/api/group'
import type { Binding } from '@flotilla/control-plane/hub'
import type { AnyOverridePolicy } from '@flotilla/control-plane/delivery/overrides'
import { kindIdOf, objectIdOf, type KindId, type ObjectId } from '@flotilla/control-plane/object-id'
import { RuleBook } from '@flotilla/control-plane/interpreter/rule-book'
import { policyRef, type Policy } from '@flotilla/control-plane/policy/match'
import { decidedBindings } from '@flotilla/control-plane/what-if/decided-bindings'
import { fleetOf } from '@flotilla/control-plane/what-if/fleet-of'
import { idOf, interpretedKinds, isNamespace, replaced } from '@flotilla/control-plane/what-if/hub-state'
import { foretell, isCluster, type PreparedPlan } from '@flotilla/control-plane/what-if/plan-now'
import { inTurns } from '@flotilla/control-plane/what-if/in-turns'
import { withFollowers } from '@flotilla/control-plane/what-if/with-followers'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import { settleAllSteps } from '@flotilla/scheduler/plan/settle-all'
import { type HubView, readView } from '../decisions/rendering.ts'

export interface Side extends HubView {
  /** Decided, every move at its end. */
  readonly bindings: readonly Binding[]
  readonly policyOf: (binding: Binding) => Policy | undefined
  readonly clusterNamed: (cluster: Cluster) => Cluster
}

export interface Sides {
  readonly before: Side
  readonly after: Side
  /** Templates as they would be, of those that are put on the hub. */
  readonly put: ReadonlyMap<ObjectId, KubeObject>
  readonly removed: ReadonlySet<ObjectId>
  /** Kinds that are read by other rules. */
  readonly interpreted: ReadonlySet<KindId>
  /** Templates that are taken away while their policy has their copies stay. */
  readonly preserved: ReadonlySet<ObjectId>
}

export function isOverride(object: KubeObject): object is AnyOverridePolicy {
  const kind = kindIdOf(object)
  return kind === `${group}/OverridePolicy` || kind === `${group}/ClusterOverridePolicy`
}

/** Reads the hub and foretells what `asked` would make of it, every move to its end. */
export async function readSides(env: Env, api: KubeApi, asked: PreparedPlan): Promise<Sides> {
  const { objects, removed } = asked
  const [{ planned, reading, after }, view] = await Promise.all([foretell(env, api, asked), readView(api)])
  const decided = decidedBindings(after, planned.fleet)
  // What happens without the change is none of it: so both sides are played out.
  const unchanged = await inTurns(env, settleAllSteps(fleetOf(reading, reading.state, env.clock.now())))
  const gone = new Set(removed.map(idOf))
  const put = new Map(objects.map((object) => [idOf(object), object]))
  const left = <Kind extends KubeObject>(all: readonly Kind[]) => all.filter((object) => !gone.has(idOf(object)))
  const spaces = objects.filter(isNamespace).map(({ metadata }) => [metadata.name, metadata.labels ?? {}] as const)
  const scalers = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
  const edited = new Map(objects.filter(isCluster).map((cluster) => [cluster.metadata.name, cluster]))
  return {
    before: {
      ...view,
      bindings: decidedBindings(reading.state, unchanged.fleet),
      policyOf: prepareOf(reading.state.policies),
      clusterNamed: (cluster) => cluster,
    },
    after: {
      ...view,
      bindings: await withFollowers(api, decided, after, objects, removed),
      policyOf: prepareOf(after.policies),
      overrides: left(replaced(view.overrides, objects.filter(isOverride))),
      namespaces: new Map([...view.namespaces, ...spaces]),
      rules: new RuleBook(after.interpreters),
      scalers: new Map(left(replaced([...view.scalers.values()], scalers)).map((scaler) => [idOf(scaler), scaler])),
      clusterNamed: (cluster) => edited.get(cluster.metadata.name) ?? cluster,
    },
    put,
    removed: gone,
    interpreted: interpretedKinds([...objects, ...removed]),
    preserved: preservedBy(after.bindings, gone),
  }
}

function prepareOf(policies: readonly Policy[]): Side['policyOf'] {
  const byUid = new Map(policies.map((policy) => [policyRef(policy).uid, policy]))
  return ({ spec: { policy } }) => policy && byUid.get(policy.uid)
}

function preservedBy(bindings: readonly Binding[], gone: ReadonlySet<ObjectId>): ReadonlySet<ObjectId> {
  const kept = bindings.filter(
    ({ spec }) =>
      spec.preserveResourcesOnDeletion === true && spec.workloads.some(({ ref }) => gone.has(objectIdOf(ref))),
  )
  return new Set(
    kept.flatMap(({ spec }) => [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => objectIdOf(ref))),
  )
}
