// Rows and requests for tests, with overrides.
import type { Decision } from '@flotilla/api/resource-binding'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { hash32 } from './hash.ts'
import type { ScheduleRequest } from './request.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from './snapshot.ts'

/** A cluster that serves everything that tests ask for and can be used. Its id is `id-NAME` unless given. */
export function aClusterRow(overrides: Partial<ClusterRow> & { readonly name: string }): ClusterRow {
  const id = overrides.id ?? `id-${overrides.name}`
  return {
    id,
    idHash: hash32(id),
    labels: {},
    provider: '',
    region: '',
    zones: [],
    taints: [],
    ready: true,
    notReadyReason: '',
    suspended: false,
    deleting: false,
    kinds: new Set(['apps/Deployment', 'batch/Job', '/ConfigMap']),
    placedKinds: new Set(),
    properties: new Map(),
    ...overrides,
  }
}

/** Room for so many pods, on one node. */
export function roomFor(pods: number): Pick<ClusterRow, 'shapes'> {
  return { shapes: [{ free: new Map([['pods', parseQuantity(pods)]]), labels: {}, taints: [], count: 1 }] }
}

/** Clusters that have room for so many pods, by name. */
export function aFleet(rooms: Readonly<Record<string, number>>): Snapshot {
  return createSnapshot(Object.entries(rooms).map(([name, pods]) => aClusterRow({ name, ...roomFor(pods) })))
}

/** Clusters that only differ in their names. */
export function aSnapshot(...names: readonly string[]): Snapshot {
  return createSnapshot(names.map((name) => aClusterRow({ name })))
}

export function aRequest(overrides: Partial<ScheduleRequest> = {}): ScheduleRequest {
  return {
    templateUID: 'template',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    replicas: 12,
    placement: {},
    isGrowthReady: false,
    ...overrides,
  }
}

/** Placement that divides by `weights`, by cluster name. */
export function byWeight(weights: Readonly<Record<string, number>>): ScheduleRequest['placement'] {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  return {
    replicaScheduling: {
      replicaSchedulingType: 'Divided',
      replicaDivisionPreference: 'Weighted',
      weightPreference: { staticWeightList },
    },
  }
}

/** Placement that divides in proportion to room. */
export const byRoom: ScheduleRequest['placement'] = {
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    replicaDivisionPreference: 'Weighted',
    weightPreference: { dynamicWeight: 'AvailableReplicas' },
  },
}

/** Placement on few clusters. */
export const aggregated: ScheduleRequest['placement'] = {
  replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
}

/** Placement that gives each named cluster its count. */
export function byCount(counts: readonly (readonly [string, number])[]): ScheduleRequest['placement'] {
  return {
    replicaScheduling: {
      replicaSchedulingType: 'Divided',
      replicaDivisionPreference: 'Counts',
      counts: counts.map(([name, replicas]) => ({ targetCluster: { clusterNames: [name] }, replicas })),
    },
  }
}

/** `{ NAME: replicas }`, as tables state it; `whole` for objects without. */
export function replicasOf(decision: Decision): Readonly<Record<string, number | 'whole'>> {
  return Object.fromEntries(decision.clusters.map(({ name, replicas }) => [name, replicas ?? 'whole']))
}
