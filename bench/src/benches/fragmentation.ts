// Work that comes and goes on nodes that fill up: how much of it runs, by the rule that tells how many replicas fit.
import { apiVersion } from '@flotilla/api/group'
import type { Placement } from '@flotilla/api/placement'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { schedule } from '@flotilla/scheduler/schedule'
import { type ClusterRow, createSnapshot, toClusterRow } from '@flotilla/scheduler/snapshot'
import type { Benchmark, Run } from '../benchmark.ts'
import { byGrade, byNodeShape, bySummary, type EstimateRule, mostPods, type NodeRoom } from '../estimate-rules.ts'
import { oneRow, type Report, type Row } from '../report.ts'
import { aReplicaCount, aShape, pareto, pick, type Shape } from '../synthetic-fleet.ts'

const loads = [0.8, 0.95]

const rules: Readonly<Record<string, EstimateRule>> = {
  'node shapes': byNodeShape,
  'sums over nodes (Karmada)': bySummary,
  'grades of nodes (Karmada)': byGrade,
}

const divided = { replicaSchedulingType: 'Divided' as const }
const placements: Readonly<Record<string, Placement>> = {
  'dynamic weights': { replicaScheduling: { ...divided, weightPreference: { dynamicWeight: 'AvailableReplicas' } } },
  Aggregated: { replicaScheduling: { ...divided, replicaDivisionPreference: 'Aggregated' } },
}

export const fragmentation: Benchmark = {
  name: 'fragmentation',
  about: 'work that comes and goes on 60 clusters: how much runs, by the rule that tells how many replicas fit',
  options: { workloads: 2_000, clusters: 60, seed: 1 },
  async run(run): Promise<Report> {
    const rows: Row[] = []
    for (const load of loads) {
      for (const [mode, placement] of Object.entries(placements)) {
        for (const [name, rule] of Object.entries(rules)) {
          const label = `${Math.round(load * 100)} % asked, ${mode}, ${name}`
          run.progress(label)
          rows.push(...rowsOf(label, replay(run, load, placement, rule)))
        }
      }
    }
    return {
      rows,
      notes: ['the same workloads, nodes and lifetimes for every rule; the first half only fills the fleet'],
    }
  },
}

interface Counts {
  asked: number
  askedCpu: number
  sent: number
  ran: number
  ranCpu: number
}

function rowsOf(label: string, { asked, askedCpu, sent, ran, ranCpu }: Counts): readonly Row[] {
  return [
    oneRow(`${label}: replicas that run`, '%', (100 * ran) / asked),
    oneRow(`${label}: processors that run`, '%', (100 * ranCpu) / askedCpu),
    oneRow(`${label}: replicas sent where no node takes them`, '%', (100 * (sent - ran)) / asked),
  ]
}

interface Arrival {
  readonly replicas: number
  readonly shape: Shape
  /** Arrivals until it goes. */
  readonly lifetime: number
}

interface Member {
  readonly nodes: NodeRoom[]
  readonly sizes: readonly NodeRoom[]
  row: ClusterRow
}

/** A pod that runs, for when its workload goes. */
interface Pod {
  readonly member: Member
  readonly node: number
}

function replay(run: Run, load: number, placement: Placement, rule: EstimateRule): Counts {
  const random = seededRandom(run.option('seed'))
  const trace = Array.from({ length: run.option('workloads') }, () => anArrival(random))
  const members = buildFleet(run.option('clusters'), usualDemand(trace) / load, random)
  for (const member of members) refresh(member, rule)
  const leaving = new Map<number, { readonly shape: Shape; readonly pods: readonly Pod[] }[]>()
  const counts: Counts = { asked: 0, askedCpu: 0, sent: 0, ran: 0, ranCpu: 0 }
  for (const [at, arrival] of trace.entries()) {
    const changed = new Set<Member>()
    for (const { shape, pods } of leaving.get(at) ?? []) for (const pod of pods) release(pod, shape, changed)
    for (const member of changed) refresh(member, rule)
    const { sent, pods } = place(at, arrival, members, placement)
    for (const member of new Set(pods.map((pod) => pod.member))) refresh(member, rule)
    const end = at + arrival.lifetime
    leaving.set(end, [...(leaving.get(end) ?? []), { shape: arrival.shape, pods }])
    if (at >= trace.length / 2) count(counts, arrival, sent, pods.length)
  }
  return counts
}

function count(counts: Counts, { replicas, shape }: Arrival, sent: number, ran: number): void {
  counts.asked += replicas
  counts.askedCpu += replicas * shape.cpu
  counts.sent += sent
  counts.ran += ran
  counts.ranCpu += ran * shape.cpu
}

function anArrival(random: () => number): Arrival {
  return { replicas: aReplicaCount(random), shape: aShape(random), lifetime: Math.ceil(60 * pareto(random, 1.3, 60)) }
}

/** Millicores that the second half of the trace asks for at a time, on average. */
function usualDemand(trace: readonly Arrival[]): number {
  const from = trace.length / 2
  const held = trace.reduce((sum, { replicas, shape, lifetime }, at) => {
    const steps = Math.max(0, Math.min(trace.length, at + lifetime) - Math.max(from, at))
    return sum + replicas * shape.cpu * steps
  }, 0)
  return held / (trace.length - from)
}

/** Few kinds of nodes, clusters of very different sizes. */
function buildFleet(clusters: number, millicores: number, random: () => number): readonly Member[] {
  const weights = Array.from({ length: clusters }, () => 0.2 + pareto(random, 1.5, 20))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, index) => {
    const sizes: NodeRoom[] = []
    for (let left = (millicores * weight) / total; left > 0;) {
      const cpu = [8_000, 16_000, 32_000, 64_000][pick(random, [0.3, 0.4, 0.2, 0.1])] ?? 8_000
      sizes.push({ cpu, memory: (cpu / 1_000) * 4 * 1_024, pods: mostPods })
      left -= cpu
    }
    return { sizes, nodes: sizes.map((size) => ({ ...size })), row: aRow(`cluster-${index}`) }
  })
}

function aRow(name: string): ClusterRow {
  const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: '' } as const
  return toClusterRow({
    apiVersion,
    kind: 'Cluster',
    metadata: { name },
    spec: { id: name },
    status: { conditions: [ready], apis: [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }] },
  })
}

function refresh(member: Member, rule: EstimateRule): void {
  member.row = { ...member.row, shapes: rule(member.nodes) }
}

function place(
  at: number,
  { replicas, shape }: Arrival,
  members: readonly Member[],
  placement: Placement,
): { readonly sent: number; readonly pods: readonly Pod[] } {
  const request = {
    templateUID: `template-${at}`,
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    replicas,
    requirements: { resourceRequest: { cpu: `${shape.cpu}m`, memory: `${shape.memory}Mi` } },
    placement,
    isGrowthReady: true,
  }
  const { clusters } = schedule(request, createSnapshot(members.map(({ row }) => row)), { trigger: 'New' })
  const byId = new Map(members.map((member) => [member.row.id, member]))
  const pods = clusters.flatMap(({ id, replicas: wanted = 0 }) => {
    const member = byId.get(id)
    return member === undefined ? [] : startPods(member, wanted, shape)
  })
  return { sent: clusters.reduce((sum, cluster) => sum + (cluster.replicas ?? 0), 0), pods }
}

/** What a member's own scheduler does: each pod to the node that has most left, of those that it fits. */
function startPods(member: Member, wanted: number, shape: Shape): readonly Pod[] {
  const pods: Pod[] = []
  while (pods.length < wanted) {
    const node = emptiest(member, shape)
    if (node === undefined) break
    take(member, node, shape, 1)
    pods.push({ member, node })
  }
  return pods
}

function emptiest({ nodes, sizes }: Member, { cpu, memory }: Shape): number | undefined {
  let most = -1
  let found: number | undefined
  for (const [index, node] of nodes.entries()) {
    const size = sizes[index]
    if (size === undefined || node.cpu < cpu || node.memory < memory || node.pods < 1) continue
    const left = (node.cpu - cpu) / size.cpu + (node.memory - memory) / size.memory
    if (left > most) [most, found] = [left, index]
  }
  return found
}

function release({ member, node }: Pod, shape: Shape, changed: Set<Member>): void {
  take(member, node, shape, -1)
  changed.add(member)
}

function take({ nodes }: Member, index: number, { cpu, memory }: Shape, pods: number): void {
  const node = nodes[index]
  if (node === undefined) return
  node.cpu -= pods * cpu
  node.memory -= pods * memory
  node.pods -= pods
}
