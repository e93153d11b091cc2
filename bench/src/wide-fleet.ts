// Clusters and bindings for benchmarks of decisions: four kinds of nodes each, 20 regions, prices, users, grids.
import type { CarbonSheet } from '@flotilla/api/carbon-sheet'
import type { Placement } from '@flotilla/api/placement'
import type { PriceSheet } from '@flotilla/api/price-sheet'
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import type { ClusterAffinity } from '@flotilla/api/selector'
import type { TrafficProfile } from '@flotilla/api/traffic-profile'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { compileCostBook, type CostBook } from '@flotilla/scheduler/cost/book'
import { hash32 } from '@flotilla/scheduler/hash'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { type ClusterRow, createSnapshot, type ShapeRow, type Snapshot } from '@flotilla/scheduler/snapshot'

export const replicas = 100

const affinity: Placement = {
  clusterAffinity: { labelSelector: { matchLabels: { tier: 'production' } } },
  clusterTolerations: [{ key: 'maintenance', operator: 'Exists' }],
}
const divided = { ...affinity, replicaScheduling: { replicaSchedulingType: 'Divided' as const } }

export const placements: Readonly<Record<string, Placement>> = {
  'equal weights': divided,
  'dynamic weights': {
    ...affinity,
    replicaScheduling: { ...divided.replicaScheduling, weightPreference: { dynamicWeight: 'AvailableReplicas' } },
  },
  Aggregated: {
    ...affinity,
    replicaScheduling: { ...divided.replicaScheduling, replicaDivisionPreference: 'Aggregated' },
  },
  'price and load': { ...divided, objective: { price: 1, load: 0.02 } },
  'all filters and costs': {
    ...divided,
    compliance: { jurisdictions: ['EU', 'CH'] },
    objective: { price: 1, latency: 0.0001, carbon: 0.1, load: 0.02 },
  },
  'dynamic weights over 3 of 20 regions': {
    ...affinity,
    replicaScheduling: { ...divided.replicaScheduling, weightPreference: { dynamicWeight: 'AvailableReplicas' } },
    spreadConstraints: [{ spreadByField: 'region', minGroups: 3, maxGroups: 3, maxSharePercent: 50 }],
  },
}

export const requirements: readonly ReplicaRequirements[] = Array.from({ length: 50 }, (_, index) => ({
  resourceRequest: { cpu: `${100 + 50 * index}m`, memory: `${128 + 64 * index}Mi` },
}))

/** The same each time, on rows that nobody has seen before. */
export function wideFleet(count: number): Snapshot {
  const random = seededRandom(1)
  return createSnapshot(
    Array.from({ length: count }, (_, index) => aCluster(index, random)),
    aBook(),
  )
}

/** Of the binding with that number: 50 sizes in turn. */
export function askFor(index: number, placement: Placement): ScheduleRequest {
  return {
    templateUID: `template-${index}`,
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    replicas,
    requirements: requirements[index % requirements.length] ?? {},
    placement,
    isGrowthReady: true,
  }
}

const apiVersion = 'flotilla.dev/v1alpha1'
const regions = Array.from({ length: 20 }, (_, index) => `region-${index}`)

function inRegion(region: string): ClusterAffinity {
  return { fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: [region] }] } }
}

/** Prices, round trips and grids of each region. */
function aBook(): CostBook {
  const prices: PriceSheet = {
    apiVersion,
    kind: 'PriceSheet',
    metadata: { name: 'prices' },
    spec: {
      entries: regions.map((region, index) => ({
        targetCluster: inRegion(region),
        perCPUHour: 0.03 + index / 1000,
        perGiBHour: 0.004,
        perEgressGiB: 0.01 + index / 1000,
      })),
    },
  }
  const users: TrafficProfile = {
    apiVersion,
    kind: 'TrafficProfile',
    metadata: { name: 'users' },
    spec: {
      locations: ['one', 'two', 'three'].map((name, place) => ({
        name,
        share: place + 1,
        roundTripMilliseconds: regions.map((region, index) => ({
          targetCluster: inRegion(region),
          milliseconds: 5 + Math.abs(index - 7 * place) * 9,
        })),
      })),
      egressGiBPerReplicaHour: 0.5,
    },
  }
  const grids: CarbonSheet = {
    apiVersion,
    kind: 'CarbonSheet',
    metadata: { name: 'grids' },
    spec: {
      entries: regions.map((region, index) => ({
        targetCluster: inRegion(region),
        gramsPerKilowattHour: 30 + index * 30,
      })),
    },
  }
  return compileCostBook({ priceSheets: [prices], trafficProfiles: [users], carbonSheets: [grids] }, 0)
}

function aCluster(index: number, random: () => number): ClusterRow {
  const name = `cluster-${index}`
  return {
    name,
    id: `id-${name}`,
    idHash: hash32(`id-${name}`),
    labels: {
      tier: random() < 0.9 ? 'production' : 'test',
      rack: `rack-${index % 50}`,
      'jurisdiction.flotilla.dev/EU': 'true',
    },
    provider: ['one', 'two', 'three'][index % 3] ?? '',
    region: `region-${index % 20}`,
    zones: [`zone-${index % 60}`],
    taints: random() < 0.05 ? [{ key: 'maintenance', effect: 'NoSchedule' }] : [],
    ready: random() < 0.98,
    notReadyReason: 'it does not answer',
    suspended: false,
    deleting: false,
    kinds: new Set(['apps/Deployment', 'apps/StatefulSet', 'batch/Job', '/ConfigMap', '/Service']),
    placedKinds: new Set(),
    properties: new Map(),
    shapes: Array.from({ length: 4 }, () => aShape(random)),
    resources: {
      cpus: { allocatable: 400, requested: (index * 37) % 400 },
      memoryGiB: { allocatable: 1600, requested: (index * 91) % 1600 },
    },
  }
}

function aShape(random: () => number): ShapeRow {
  const free = { cpu: `${Math.round(random() * 16_000)}m`, memory: `${Math.round(random() * 64)}Gi`, pods: '40' }
  const parsed = Object.entries(free).map(([name, quantity]) => [name, parseQuantity(quantity)] as const)
  return { free: new Map(parsed), labels: {}, taints: [], count: 1 + Math.round(random() * 10) }
}
