// Every example of docs/scheduling.md is admitted and decided as the page shows.
import { readFileSync } from 'node:fs'
import { admissionRules } from '@flotilla/api/admission'
import type { Placement } from '@flotilla/api/placement'
import type { Decision, ResourceBinding } from '@flotilla/api/resource-binding'
import { Neighbourhood } from '@flotilla/control-plane/binding/scheduler/neighbourhood'
import type { KubeObject } from '@flotilla/machinery/object'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { parseYaml } from '@flotilla/kube-server/http/yaml'
import { aBook, aPrice, aPriceSheet, aProfile } from '@flotilla/scheduler/cost/fixtures'
import { aClusterRow, aRequest, roomFor } from '@flotilla/scheduler/fixtures'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import { proposeMoves } from '@flotilla/scheduler/rebalance/propose'
import type { Neighbours } from '@flotilla/scheduler/neighbours'
import { aWork } from '@flotilla/scheduler/plan/fixtures'
import type { Fleet } from '@flotilla/scheduler/plan/fleet'
import { drainCluster, loseCluster, scaleLoad } from '@flotilla/scheduler/plan/patches'
import { planChange } from '@flotilla/scheduler/plan/plan'
import { gangOf, type Part } from '@flotilla/scheduler/requirements'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { schedule } from '@flotilla/scheduler/schedule'
import { type ClusterRow, createSnapshot, type Snapshot } from '@flotilla/scheduler/snapshot'
import { whyNot } from '@flotilla/scheduler/why-not'
import { loadCel } from '@flotilla/machinery/cel/program'
import { beforeAll, describe, expect, test } from 'vitest'
import { planText } from '../packages/cli/src/what-if/plan-text.ts'
import { whyNotText } from '../packages/cli/src/decisions/why-not-text.ts'
import { proposalText } from '../packages/cli/src/rebalance/proposal-text.ts'

/** A row of an example's table: cells by column. */
type Cells = Readonly<Record<string, string>>

interface Example {
  readonly title: string
  /** Of its template. */
  readonly labels: Cells
  readonly replicas: number
  /** Of a kind that has several, which ask for CPUs. */
  readonly components: readonly { readonly name: string; readonly replicas: number; readonly cpu: number }[]
  readonly placement: Placement
  readonly rows: readonly Cells[]
  /** What the page says has no place. */
  readonly shortfall: string | undefined
  /** What the page says a command prints. */
  readonly shown: readonly [command: string, printed: string] | undefined
}

const page = readFileSync(new URL('../docs/scheduling.md', import.meta.url), 'utf8')
const examples = page
  .split(/^#{2,3} /m)
  .filter((section) => /```yaml\n(components|replicas):/.test(section))
  .map(toExample)

/** Of its first table. */
function rowsOf(section: string): readonly Cells[] {
  const [header = [], , ...lines] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  return lines.map((cells) => Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''])))
}

function toExample(section: string): Example {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
  const {
    labels = {},
    replicas = 1,
    components = [],
    placement,
  } = parseYaml(yaml) as Pick<Example, 'placement'> & Partial<Example>
  const rows = rowsOf(section)
  const shortfall = /```text\n([\s\S]*?)\n```/.exec(section)?.[1]
  const [, command = '', printed = ''] = /```console\n\$ (.*)\n([\s\S]*?)```/.exec(section) ?? []
  const shown = command === '' ? undefined : ([command, printed] as const)
  return { title: section.split('\n')[0] ?? '', labels, replicas, components, placement, rows, shortfall, shown }
}

function toCluster(cells: Cells): ClusterRow {
  const labels = Object.entries(cells).filter(([column, value]) => column.startsWith('Label ') && value !== '')
  return aClusterRow({
    name: cells['Cluster'] ?? '',
    region: cells['Region'] ?? '',
    ready: cells['Ready'] !== 'no',
    labels: Object.fromEntries(labels.map(([column, value]) => [column.slice('Label '.length), value])),
    ...(cells['Version'] ? { kubernetesVersion: cells['Version'] } : {}),
    ...(cells['Nodes'] ? { nodes: { total: Number(cells['Nodes']), ready: Number(cells['Nodes']) } } : {}),
    ...(cells['Room'] ? roomFor(Number(cells['Room'])) : {}),
    ...(cells['CPUs free on each'] ? nodesOf(Number(cells['Nodes']), cells['CPUs free on each']) : {}),
    ...(cells['CPUs'] ? used(Number(cells['CPUs']), Number(cells['Used'])) : {}),
  })
}

function nodesOf(count: number, cpus: string): Partial<ClusterRow> {
  return { shapes: [{ free: new Map([['cpu', parseQuantity(cpus)]]), labels: {}, taints: [], count }] }
}

/** A cluster of one node that has so many CPUs, of which so many are requested. */
function used(cpus: number, requested: number): Partial<ClusterRow> {
  const memoryGiB = { allocatable: cpus, requested: 0 }
  return { ...roomFor(cpus - requested), resources: { cpus: { allocatable: cpus, requested }, memoryGiB } }
}

/** Columns of costs are those of one replica, which asks for one CPU or GPU: there are as many as there is room. */
function toSnapshot({ rows, placement }: Example): Snapshot {
  if (placement.objective === undefined) return createSnapshot(rows.map(toCluster))
  const entries = rows.flatMap((cells) => {
    const gpu = cells['Price of a GPU']
    if (!cells['Price'] && !gpu) return []
    return aPrice(
      cells['Cluster'],
      Number(cells['Price'] ?? 0),
      gpu ? { perResourceHour: { [gpus]: Number(gpu) } } : {},
    )
  })
  const near = rows.filter((cells) => cells['Latency'])
  const to = Object.fromEntries(near.map((cells) => [cells['Cluster'] ?? '', Number(cells['Latency'])]))
  const book = aBook({
    priceSheets: [aPriceSheet('prices', entries)],
    trafficProfiles: near.length > 0 ? [aProfile('users', { here: { share: 1, to } })] : [],
  })
  return createSnapshot(rows.map(toCluster).map(withUnits), book)
}

const gpus = 'nvidia.com/gpu'

/** As many CPUs and GPUs as pods. */
function withUnits(row: ClusterRow): ClusterRow {
  const shapes = (row.shapes ?? []).map((shape) => {
    const pods = shape.free.get('pods') ?? parseQuantity(0)
    return { ...shape, free: new Map([...shape.free, ['cpu', pods], [gpus, pods]]) }
  })
  return { ...row, shapes }
}

/** The decision that left each cluster with what it had before. */
function before(rows: readonly Cells[]): Decision | undefined {
  const held = rows.filter((cells) => cells['Before'])
  if (held.length === 0) return undefined
  const clusters = held.map((cells) => ({
    name: cells['Cluster'] ?? '',
    id: `id-${cells['Cluster']}`,
    replicas: Number(cells['Before']),
  }))
  const explanation = { trigger: 'Test', inputHash: 'before', feasible: 0, rejected: {}, clusters: [] }
  return { forHash: 'before', clusters, explanation }
}

function aBinding(name: string, labels: Cells, decision?: Decision): ResourceBinding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: name }
  const spec = { workloads: [{ ref, labels, components: [] }], ...(decision ? { decision } : {}) }
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResourceBinding', metadata: { name }, spec }
}

/** Column `Beside`: other workloads that are on the cluster, with a label each: `cache (app=cache)`. */
function neighboursOf({ labels, placement, rows }: Example): Neighbours | undefined {
  const others = Map.groupBy(
    rows.flatMap((cells) =>
      cells['Beside'] ? [{ Cluster: cells['Cluster'] ?? '', Before: '1', who: cells['Beside'] }] : [],
    ),
    ({ who }) => who,
  )
  const neighbourhood = new Neighbourhood()
  for (const [who, at] of others) {
    const [, name = '', key = '', value = ''] = /^(\S+) \((.*)=(.*)\)$/.exec(who) ?? []
    neighbourhood.follow(name, aBinding(name, { [key]: value }, before(at)), undefined)
  }
  const own = aBinding('web', labels, before(rows))
  neighbourhood.follow('web', own, placement.workloadAffinity)
  return neighbourhood.of('web', own)
}

function toRequest(example: Example): ScheduleRequest {
  const { replicas, components, placement, rows } = example
  const previous = before(rows)
  const neighbours = neighboursOf(example)
  const asked = rows.some((cells) => cells['Price of a GPU'] !== undefined) ? gpus : 'cpu'
  return aRequest({
    replicas,
    placement,
    ...(placement.objective ? { requirements: { resourceRequest: { [asked]: '1' } } } : {}),
    ...(components.length > 0 ? { requirements: gangOf(components.map(toPart)) } : {}),
    ...(previous && { previous }),
    ...(neighbours && { neighbours }),
  })
}

function toPart({ name, replicas, cpu }: Example['components'][number]): Part {
  return { name, pods: replicas, requirements: { resourceRequest: { cpu: String(cpu) } } }
}

function decide(example: Example): Decision {
  return schedule(toRequest(example), toSnapshot(example), { trigger: 'Test' })
}

const patches: ReadonlyMap<string, (fleet: Fleet, value: string) => Fleet> = new Map([
  ['--lose', loseCluster],
  ['--drain', drainCluster],
  ['--load', (fleet: Fleet, factor: string) => scaleLoad(fleet, Number(factor), () => true)],
])

function showing(command: string): readonly Example[] {
  return examples.filter(({ shown }) => shown?.[0].startsWith(command) === true)
}

const sheets = [...page.matchAll(/```yaml\n(apiVersion:[\s\S]*?)```/g)].map(
  ([, yaml]) => parseYaml(yaml ?? '') as KubeObject,
)

beforeAll(loadCel)

describe('docs/scheduling.md', () => {
  test.each(sheets.map((sheet) => [sheet['kind'], sheet] as const))('%s is admitted', (kind, sheet) => {
    expect(admissionRules.get(String(kind))?.check(sheet)).toEqual([])
  })

  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(10)
  })

  test.each(examples)('$title', (example) => {
    const decision = decide(example)
    const shown = example.rows.filter((cells) => cells['Replicas'] !== '')
    expect(Object.fromEntries(decision.clusters.map(({ name, replicas }) => [name, replicas]))).toEqual(
      Object.fromEntries(shown.map((cells) => [cells['Cluster'], Number(cells['Replicas'])])),
    )
    expect(decision.shortfall?.message).toBe(example.shortfall)
    for (const cells of shown) {
      if (cells[''] !== undefined) expect(cells['']).toBe('■'.repeat(Number(cells['Replicas'])))
    }
  })

  test.each(showing('flotilla why-not '))('$title: why not', (example) => {
    const [command = '', printed] = example.shown ?? []
    const [, name = ''] = /^flotilla why-not \w+\/web -C (\S+)$/.exec(command) ?? []
    const answer = whyNot(toRequest(example), toSnapshot(example), `id-${name}`)
    const workload = { kind: example.components.length > 0 ? 'RayCluster' : 'Deployment', name: 'web' }
    expect(whyNotText(workload, [{ workload, ...answer }])).toBe(printed)
  })

  test.each(showing('flotilla plan '))('$title: plan', (example) => {
    const [command = '', printed = ''] = example.shown ?? []
    const [, option = '', value = ''] = /^flotilla plan (--\S+) (\S+)$/.exec(command) ?? []
    const request = { ...toRequest(example), isGrowthReady: true }
    const { clusters, book } = toSnapshot(example)
    const now = { clusters, book, works: [aWork('web', request)] }
    const { status } = planChange(now, patches.get(option)?.(now, value) ?? now, command)
    // A snapshot names the internals of all that it is made from.
    const withoutName = (text: string) => text.replace(/[\da-f]{8}(-[\da-f]{8}){4}/, 'NAME')
    expect(withoutName(planText(status))).toBe(withoutName(printed))
  })

  test.each(examples)('$title is admitted', ({ placement }) => {
    const selector = { apiVersion: 'apps/v1', kind: 'Deployment' }
    const spec = { resourceSelectors: [selector], placement }
    const metadata = { namespace: 'shop', name: 'web' }
    const object = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'PropagationPolicy', metadata, spec }
    expect(admissionRules.get('PropagationPolicy')?.check(object)).toEqual([])
  })

  test('flotilla rebalance prints what the page shows', () => {
    const section = page.split(/^## /m).find((each) => each.startsWith('Rebalancing\n')) ?? ''
    const [, printed] = /```console\n\$ flotilla rebalance --dry-run\n([\s\S]*?)```/.exec(section) ?? []
    const { works, snapshot } = toFleet(rowsOf(section))
    expect(proposalText(proposeMoves(works, snapshot), 2, (key) => `Deployment shop/${key}`)).toBe(printed)
  })
})

const byPrice: Placement = { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 } }

/** Each column after the price is a workload of which so many replicas run. */
function toFleet(rows: readonly Cells[]): { readonly works: readonly Work[]; readonly snapshot: Snapshot } {
  const clusters = rows.map((cells) => {
    const free = new Map([['cpu', parseQuantity(cells['Free CPUs'] ?? '')]])
    return aClusterRow({ name: cells['Cluster'] ?? '', shapes: [{ free, labels: {}, taints: [], count: 1 }] })
  })
  const prices = rows.map((cells) => aPrice(cells['Cluster'], Number(cells['A CPU and hour'])))
  const works = Object.keys(rows[0] ?? {})
    .slice(3)
    .map((key): Work => {
      const decided = rows.map((cells) => ({
        name: cells['Cluster'] ?? '',
        id: `id-${cells['Cluster']}`,
        replicas: Number(cells[key]),
      }))
      const previous: Decision = {
        forHash: key,
        clusters: decided.filter((each) => each.replicas > 0),
        explanation: { trigger: 'New', inputHash: 'a.b', feasible: 1, rejected: {}, clusters: [] },
      }
      const replicas = decided.reduce((sum, each) => sum + each.replicas, 0)
      const requirements = { resourceRequest: { cpu: '1' } }
      const asked = { templateUID: key, replicas, requirements, placement: byPrice, isGrowthReady: true, previous }
      return { key, priority: 0, request: aRequest(asked) }
    })
  return { works, snapshot: createSnapshot(clusters, aBook({ priceSheets: [aPriceSheet('prices', prices)] })) }
}
