// What a plan is asked about, applied to what was read of the hub: the fleet as it would be.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { group } from '@flotilla/api/group'
import type { PlanSpec } from '@flotilla/api/plan'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Fleet, Work } from '@flotilla/scheduler/plan/fleet'
import { addLike, drainCluster, loseCluster, scaleLoad, withCluster } from '@flotilla/scheduler/plan/patches'
import { scalePrices } from '@flotilla/scheduler/plan/scale-prices'
import { type Planned, planChangeSteps } from '@flotilla/scheduler/plan/plan'
import { toClusterRow } from '@flotilla/scheduler/snapshot'
import { kindIdOf } from '../object-id.ts'
import { editedCluster, newCluster } from './cluster-documents.ts'
import { fleetOf } from './fleet-of.ts'
import { type HubState, withObjects } from './hub-state.ts'
import { inTurns } from './in-turns.ts'
import { prepareLoad } from './load.ts'
import { objectsOf } from './plan-spec.ts'
import { withSheets } from './read-cost-book.ts'
import { type HubReading, readHub } from './read-hub.ts'
import { takenAway } from './taken-away.ts'
import { wouldBe, type WouldBe, type WouldBeOptions } from './would-be.ts'

export interface PreparedPlan {
  /** As it is asked, objects in the namespaces where they go. */
  readonly spec: PlanSpec
  /** As they would be on the hub. */
  readonly objects: readonly KubeObject[]
  /** As they are, and would no longer be. */
  readonly removed: readonly KubeObject[]
  /** Objects that the hub was asked about: all that would be applied but for new clusters. */
  readonly known: readonly WouldBe[]
}

export function isCluster(object: KubeObject): object is Cluster {
  return kindIdOf(object) === `${group}/Cluster`
}

/**
 * Asks the hub what objects would be. @throws what the hub answers to applying and deleting them, Invalid for what is
 * no object.
 */
export async function preparePlan(api: KubeApi, spec: PlanSpec, options: WouldBeOptions): Promise<PreparedPlan> {
  const documents = objectsOf(spec)
  const { items } = documents.some(isCluster) ? await api.list(clusterResource) : { items: [] }
  const registered = new Set(items.map(({ metadata }) => metadata.name))
  const isKnown = (document: KubeObject) => !isCluster(document) || registered.has(document.metadata.name)
  const [known, removed] = await Promise.all([
    wouldBe(api, documents.filter(isKnown), options),
    takenAway(api, spec.remove ?? [], options.namespace),
  ])
  const invented = documents.filter((document) => !isKnown(document)).map(newCluster)
  const objects = known.map((each) => (isCluster(each.object) ? editedCluster(each) : each.object))
  const apply = [...known.map(({ document }) => document), ...documents.filter((document) => !isKnown(document))]
  return {
    spec: documents.length === 0 ? spec : { ...spec, apply: apply as readonly object[] as PlanSpec['apply'] & {} },
    objects: [...objects, ...invented],
    removed,
    known,
  }
}

export interface Foretold {
  readonly planned: Planned
  /** As the hub is. */
  readonly reading: HubReading
  /** What it would hold. */
  readonly after: HubState
}

/** Reads the hub and plans. Once `signal` aborts it throws Timeout. */
export async function foretell(env: Env, api: KubeApi, asked: PreparedPlan, signal?: AbortSignal): Promise<Foretold> {
  const { spec, objects, removed } = asked
  const reading = await readHub(api, objects, removed)
  const now = env.clock.now()
  const { state } = reading
  const others = objects.filter((object) => !isCluster(object))
  const sources = withSheets(reading.sources, others, removed)
  const after = withObjects(state, others, removed)
  const withFiles = fleetOf({ ...reading, sources }, after, now)
  const withClusters = objects
    .filter(isCluster)
    .reduce((fleet, cluster) => addCluster(fleet, cluster, reading), withFiles)
  const patches = patchesOf(spec, await prepareLoad(api, spec.load ?? [], state, others))
  const changed = patches.reduce((fleet, patch) => patch(fleet), withClusters)
  const planned = await inTurns(env, planChangeSteps(fleetOf(reading, state, now), changed, spec), signal)
  return { planned, reading, after }
}

/** As `foretell`: the plan alone. */
export async function planNow(env: Env, api: KubeApi, asked: PreparedPlan, signal?: AbortSignal): Promise<Planned> {
  return (await foretell(env, api, asked, signal)).planned
}

type Patch = (fleet: Fleet) => Fleet

/** `isMeant`: whether the load of that index is about the work. */
function patchesOf(
  { drain = [], add = [], lose = [], load = [], prices = [] }: PlanSpec,
  isMeant: (work: Work, index: number) => boolean,
): readonly Patch[] {
  return [
    ...drain.map(
      (name): Patch =>
        (fleet) =>
          drainCluster(fleet, name),
    ),
    ...add.map(
      ({ name, like }): Patch =>
        (fleet) =>
          addLike(fleet, name, like),
    ),
    ...lose.map(
      (name): Patch =>
        (fleet) =>
          loseCluster(fleet, name),
    ),
    ...load.map(
      ({ factor }, index): Patch =>
        (fleet) =>
          scaleLoad(fleet, factor, (work) => isMeant(work, index)),
    ),
    ...prices.map(
      ({ factor, clusters }): Patch =>
        (fleet) =>
          scalePrices(fleet, factor, clusters),
    ),
  ]
}

function addCluster(fleet: Fleet, cluster: Cluster, { rows }: HubReading): Fleet {
  const known = rows.find(({ id }) => id === cluster.spec.id)
  return withCluster(fleet, toClusterRow(cluster, known?.placedKinds))
}
