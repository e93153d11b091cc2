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
import type { Fleet } from '@flotilla/scheduler/plan/fleet'
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
  const isMeant = await prepareLoad(api, spec.load ?? [], state, others)
  const withFiles = fleetOf(
    { ...reading, sources: withSheets(reading.sources, others) },
    withObjects(state, others),
    now,
  )
  const withClusters = objects
    .filter(isCluster)
    .reduce((fleet, cluster) => addCluster(fleet, cluster, reading), withFiles)
  const drained = (spec.drain ?? []).reduce(drainCluster, withClusters)
  const added = (spec.add ?? []).reduce((fleet, { name, like }) => addLike(fleet, name, like), drained)
  const lost = (spec.lose ?? []).reduce(loseCluster, added)
  const loaded = (spec.load ?? []).reduce(
    (fleet, { factor }, index) => scaleLoad(fleet, factor, (work) => isMeant(work, index)),
    lost,
  )
  const priced = (spec.prices ?? []).reduce(
    (fleet, { factor, clusters }) => scalePrices(fleet, factor, clusters),
    loaded,
  )
  return planChange(fleetOf(reading, state, now), priced, { spec, documents })
}

function addCluster(fleet: Fleet, cluster: Cluster, { rows }: HubReading): Fleet {
  const known = rows.find(({ id }) => id === cluster.spec.id)
  return withCluster(fleet, toClusterRow(cluster, known?.placedKinds))
}
