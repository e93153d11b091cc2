// What a plan is asked about, applied to what was read of the hub: the fleet as it would be.
import type { Cluster } from '@flotilla/api/cluster'
import { group } from '@flotilla/api/group'
import type { PlanSpec } from '@flotilla/api/plan'
import { fleetOf } from '@flotilla/control-plane/what-if/fleet-of'
import { withObjects } from '@flotilla/control-plane/what-if/hub-state'
import { type HubReading, readHub } from '@flotilla/control-plane/what-if/read-hub'
import { withSheets } from '@flotilla/control-plane/what-if/read-cost-book'
import { kindIdOf } from '@flotilla/control-plane/object-id'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Fleet, Work } from '@flotilla/scheduler/plan/fleet'
import { addLike, drainCluster, loseCluster, scaleLoad, withCluster } from '@flotilla/scheduler/plan/patches'
import { scalePrices } from '@flotilla/scheduler/plan/scale-prices'
import { type Planned, planChange } from '@flotilla/scheduler/plan/plan'
import { toClusterRow } from '@flotilla/scheduler/snapshot'
import { prepareLoad } from './load.ts'

export interface Change {
  readonly spec: PlanSpec
  /** As they would be on the hub. */
  readonly objects: readonly KubeObject[]
  /** As they are written: what names the change. */
  readonly documents: readonly KubeObject[]
}

export function isCluster(object: KubeObject): object is Cluster {
  return kindIdOf(object) === `${group}/Cluster`
}

/** Reads the hub and plans. `now`: milliseconds since 1970. */
export async function planNow(api: KubeApi, { spec, objects, documents }: Change, now: number): Promise<Planned> {
  const reading = await readHub(api, objects)
  const { state } = reading
  const others = objects.filter((object) => !isCluster(object))
  const sources = withSheets(reading.sources, others)
  const withFiles = fleetOf({ ...reading, sources }, withObjects(state, others), now)
  const withClusters = objects
    .filter(isCluster)
    .reduce((fleet, cluster) => addCluster(fleet, cluster, reading), withFiles)
  const patches = patchesOf(spec, await prepareLoad(api, spec.load ?? [], state, others))
  const changed = patches.reduce((fleet, patch) => patch(fleet), withClusters)
  return planChange(fleetOf(reading, state, now), changed, { spec, documents })
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
