// Decisions over many clusters: how many a second, against a plain loop over the same snapshot.
import type { Placement } from '@flotilla/api/placement'
import type { Decision, ReplicaRequirements } from '@flotilla/api/resource-binding'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { compileCostBook, type CostBook } from '@flotilla/scheduler/cost/book'
import { hash32 } from '@flotilla/scheduler/hash'
import { schedule } from '@flotilla/scheduler/schedule'
import { createSnapshot, type ClusterRow, type ShapeRow, type Snapshot } from '@flotilla/scheduler/snapshot'
import type { Benchmark, Run } from '../benchmark.ts'
import { now } from '../clock.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { oneRow, referenceRow, variationLimit, type Report, type Row } from '../report.ts'
import { median } from '../stats.ts'

const replicas = 100

export const scheduler: Benchmark = {
  name: 'scheduler',
  about: '100 replicas divided over 1,000 clusters, in each mode, against a plain loop over the same snapshot',
  options: { bindings: 500, clusters: 1_000, pairs: 7 },
  async run(run): Promise<Report> {
    const snapshot = aFleet(run.option('clusters'))
    const rows: Row[] = []
    const invalid: string[] = [...tooFew(run.option('pairs'))]
    for (const [mode, placement] of Object.entries(placements)) {
      run.progress(mode)
      const measured = await measure(run, snapshot, placement)
      rows.push(...measured.rows.map((row) => ({ ...row, measure: `${mode}: ${row.measure}` })))
      invalid.push(...(measured.invalid ?? []).map((why) => `${mode}: ${why}`))
    }
    return { rows, invalid }
  },
}

const affinity: Placement = {
  clusterAffinity: { labelSelector: { matchLabels: { tier: 'production' } } },
  clusterTolerations: [{ key: 'maintenance', operator: 'Exists' }],
}
const divided = { ...affinity, replicaScheduling: { replicaSchedulingType: 'Divided' as const } }

const placements: Readonly<Record<string, Placement>> = {
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
  'dynamic weights over 3 of 20 regions': {
    ...affinity,
    replicaScheduling: { ...divided.replicaScheduling, weightPreference: { dynamicWeight: 'AvailableReplicas' } },
    spreadConstraints: [{ spreadByField: 'region', minGroups: 3, maxGroups: 3, maxSharePercent: 50 }],
  },
}

async function measure(run: Run, snapshot: Snapshot, placement: Placement): Promise<Report> {
  const bindings = run.option('bindings')
  const all = (decide: (index: number) => unknown) => async () => {
    const from = now()
    for (let index = 0; index < bindings; index++) decide(index)
    return now() - from
  }
  const decisions: Decision[] = []
  const ask = (index: number) => ({
    templateUID: `template-${index}`,
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    replicas,
    requirements: requirements[index % requirements.length] ?? {},
    placement,
    isGrowthReady: true,
  })
  const fresh = all((index) => (decisions[index] = schedule(ask(index), snapshot, { trigger: 'New' })))
  const again = all((index) => {
    const previous = decisions[index]
    return schedule({ ...ask(index), ...(previous ? { previous } : {}) }, snapshot, { trigger: 'InputChanged' })
  })
  const pairs = await inTurn(
    run,
    { pairs: run.option('pairs') },
    fresh,
    all((index) => decideNaively(index, snapshot)),
  )
  const repeated: number[] = []
  for (let round = 0; round < 3; round++) repeated.push(await again())
  const own = referenceRow(pairs.reference, variationLimit.cpu)
  const perSecond = (milliseconds: readonly number[]) => (bindings / median(milliseconds)) * 1_000
  return {
    rows: [
      oneRow('decisions a second', '', perSecond(pairs.subject)),
      oneRow('decided again, nothing changed, a second', '', perSecond(repeated)),
      oneRow('plain loop a second', '', perSecond(pairs.reference)),
      oneRow('time, ratio to the plain loop', '×', medianRatio(pairs), 2),
      own.row,
    ],
    invalid: own.invalid,
  }
}

const requirements: readonly ReplicaRequirements[] = Array.from({ length: 50 }, (_, index) => ({
  resourceRequest: { cpu: `${100 + 50 * index}m`, memory: `${128 + 64 * index}Mi` },
}))

function aFleet(count: number): Snapshot {
  const random = seededRandom(1)
  const rows = Array.from({ length: count }, (_, index) => aCluster(index, random))
  return createSnapshot(rows, aBookOf20Regions())
}

/** A price for each. */
function aBookOf20Regions(): CostBook {
  const entries = Array.from({ length: 20 }, (_, index) => ({
    targetCluster: {
      fieldSelector: {
        matchExpressions: [{ key: 'region' as const, operator: 'In' as const, values: [`region-${index}`] }],
      },
    },
    perCPUHour: 0.03 + index / 1000,
    perGiBHour: 0.004,
  }))
  const sheet = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PriceSheet',
    metadata: { name: 'prices' },
    spec: { entries },
  }
  return compileCostBook({ priceSheets: [sheet], trafficProfiles: [], carbonSheets: [] }, 0)
}

function aCluster(index: number, random: () => number): ClusterRow {
  const name = `cluster-${index}`
  return {
    name,
    id: `id-${name}`,
    idHash: hash32(`id-${name}`),
    labels: { tier: random() < 0.9 ? 'production' : 'test', rack: `rack-${index % 50}` },
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

/** What nobody would be proud of and anybody would write: filter, estimate, sort, take in proportion. */
function decideNaively(index: number, { clusters }: Snapshot): ReadonlyMap<string, number> {
  const request = Object.entries(requirements[index % requirements.length]?.resourceRequest ?? {}).map(
    ([name, quantity]) => [name, parseQuantity(quantity)] as const,
  )
  const fits = clusters.filter(
    (cluster) =>
      cluster.ready &&
      !cluster.suspended &&
      !cluster.deleting &&
      cluster.kinds?.has('apps/Deployment') &&
      cluster.labels['tier'] === 'production' &&
      cluster.taints.every(({ key }) => key === 'maintenance'),
  )
  const rooms = fits.map((cluster) => ({ cluster, room: roomOn(cluster.shapes ?? [], request) }))
  const total = rooms.reduce((sum, { room }) => sum + room, 0)
  const shares = rooms
    .map(({ cluster, room }) => ({ cluster, exact: total === 0 ? 0 : (replicas * room) / total }))
    .sort((one, other) => (other.exact % 1) - (one.exact % 1))
  let left = replicas - shares.reduce((sum, { exact }) => sum + Math.floor(exact), 0)
  return new Map(shares.map(({ cluster, exact }) => [cluster.id, Math.floor(exact) + (left-- > 0 ? 1 : 0)]))
}

function roomOn(shapes: readonly ShapeRow[], request: readonly (readonly [string, { readonly nanos: bigint }])[]) {
  return shapes.reduce((sum, { free, count }) => {
    const each = request.map(([name, { nanos }]) => Number((free.get(name)?.nanos ?? 0n) / nanos))
    return sum + count * Math.min(40, ...each)
  }, 0)
}
