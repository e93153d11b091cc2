// Where workloads go, on three real clusters: each mode against the room that their nodes really have. Each test asks
// for a resource of its own, of which every node has eight, so that none takes room from another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { PlanStatus } from '@flotilla/api/plan'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { valueAt } from '@flotilla/machinery/untyped'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { addNodes } from '@flotilla/testbed/nodes'
import { startFleet, type Fleet } from './src/fleet.ts'
import { flotilla, runFlotilla } from './src/flotilla-process.ts'
import { conditionOf } from './src/guestbook.ts'
import { startEmbeddedHub, type HubUnderTest } from './src/hub.ts'
import { watchReady } from './src/ready-floor.ts'
import { until, untilEqual } from './src/until.ts'

const namespace = 'shop'
const divided = { replicaSchedulingType: 'Divided' }
const dynamic = { ...divided, weightPreference: { dynamicWeight: 'AvailableReplicas' } }
const aggregated = { ...divided, replicaDivisionPreference: 'Aggregated' }
/** Members are read about once a minute. */
const inventoryMs = 150_000

const priced = ['rebalance', 'reschedule', 'costs']
const asked = ['plan', 'review', 'diff']
const others = ['shrink', 'preempt', 'piece', ...asked]
const tests = ['dynamic', 'aggregated', 'region', 'race', 'short', 'deny', 'tiers', ...others, ...priced]
const capacity = Object.fromEntries(tests.map((name) => [resourceOf(name), '8']))
const nodesOf = (count: number) => Array.from({ length: count }, () => ({ capacity }))

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function resourceOf(test: string): string {
  return `example.com/${test}`
}

/** A Deployment of which each replica takes one of the test's resource, and the policy that places it. */
function workload(
  test: string,
  replicas: number,
  placement: object,
  name = test,
  more: object = {},
): readonly object[] {
  const labels = { app: name }
  const limits = { [resourceOf(test)]: '1' }
  const containers = [{ name: 'main', image: 'registry.example.com/main:1', resources: { limits, requests: limits } }]
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    },
    {
      apiVersion,
      kind: 'PropagationPolicy',
      metadata: { name, namespace },
      spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name }], placement, ...more },
    },
  ]
}

/** What a replica of tests that go by costs costs an hour, by cluster. */
function priceSheet(prices: Readonly<Record<string, number>>): object {
  const entries = Object.entries(prices).map(([name, price]) => ({
    targetCluster: { clusterNames: [name] },
    perCPUHour: 0,
    perGiBHour: 0,
    perResourceHour: Object.fromEntries(priced.map((test) => [resourceOf(test), price])),
  }))
  return { apiVersion, kind: 'PriceSheet', metadata: { name: 'prices' }, spec: { entries } }
}

describe('placement on three real clusters', () => {
  let fleet: Fleet
  let hub: HubUnderTest
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flotilla-placement-'))
    const nodes = { 'member-1': nodesOf(3), 'member-2': nodesOf(2), 'member-3': nodesOf(1) }
    ;[fleet, hub] = await Promise.all([startFleet(nodes), startEmbeddedHub()])
    const regions = ['eu', 'us', 'ap']
    await Promise.all(
      fleet.members.map(({ name, kubeconfig }, index) =>
        flotilla(
          ['join', name, '--cluster-kubeconfig', kubeconfig, '--kubeconfig', hub.kubeconfig].concat(
            '--region',
            regions[index] ?? '',
          ),
        ),
      ),
    )
    await hub.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Ready replicas on each member; 0 also where it is not. */
  async function readyOf(name: string): Promise<readonly number[]> {
    const found = await fleet.find(deployments, name, namespace)
    return found.map((one) => Number(valueAt(one, 'status', 'readyReplicas') ?? 0))
  }

  async function bindingOf(name: string): Promise<ResourceBinding | undefined> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    return items.find(({ spec }) => spec.workloads.some(({ ref }) => ref.name === name))
  }

  async function scheduledMessage(name: string): Promise<string> {
    return String(conditionOf(await bindingOf(name), 'Scheduled', 'message'))
  }

  async function scale(name: string, replicas: number): Promise<void> {
    await hub.kubectl(`-n ${namespace} scale deployment/${name} --replicas=${replicas}`)
  }

  // Early: members have to be read before anybody gives way, and other tests go on in the meantime.
  it('more important work finds no place where all is taken, at first', async () => {
    const gold = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'gold' }, value: 1000 }
    await hub.apply(gold, ...workload('preempt', 48, { replicaScheduling: dynamic }, 'low'))
    await untilEqual('ready replicas', () => readyOf('low'), [24, 16, 8])
    const schedulePriority = { priorityClassName: 'gold', preemptionPolicy: 'PreemptLowerPriority' }
    await hub.apply(...workload('preempt', 6, { replicaScheduling: aggregated }, 'high', { schedulePriority }))
    await until(
      'the decision',
      () => scheduledMessage('high'),
      (message) => message.includes('0 of 6 replicas'),
    )
  })

  it('dynamic weights divide in proportion to the room of nodes', async () => {
    await hub.apply(...workload('dynamic', 12, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('dynamic'), [6, 4, 2])
  })

  it('Aggregated fills the largest cluster before it begins the next', async () => {
    await hub.apply(...workload('aggregated', 20, { replicaScheduling: aggregated }))
    await untilEqual('ready replicas', () => readyOf('aggregated'), [20, 0, 0])
    await scale('aggregated', 30)
    await untilEqual('ready replicas', () => readyOf('aggregated'), [24, 6, 0])
  })

  it('one region is chosen that has room for all', async () => {
    const spreadConstraints = [{ spreadByField: 'region', maxGroups: 1 }]
    await hub.apply(...workload('region', 20, { spreadConstraints, replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('region'), [20, 0, 0])
  })

  it('workloads that are placed at the same moment do not get the same room twice', async () => {
    const names = ['race-1', 'race-2', 'race-3', 'race-4']
    await hub.apply(...names.flatMap((name) => workload('race', 12, { replicaScheduling: aggregated }, name)))
    const sums = async () => {
      const each = await Promise.all(names.map(readyOf))
      return each.map(sum)
    }
    await untilEqual('ready replicas of each', sums, [12, 12, 12, 12])
  })

  it('what has no room is told, and what has is placed', async () => {
    await hub.apply(...workload('short', 50, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('short'), [24, 16, 8])
    await until(
      'the shortfall',
      () => scheduledMessage('short'),
      (message) => message.includes('48 of 50 replicas have a place'),
    )
    const explained = await flotilla(['explain', 'deployment/short', '-n', namespace, '--kubeconfig', hub.kubeconfig])
    expect(explained).toContain('48 of 50')
  })

  it('partialPlacement: Deny places nothing of what does not fit whole', async () => {
    await hub.apply(...workload('deny', 50, { partialPlacement: 'Deny', replicaScheduling: dynamic }))
    await until(
      'the decision',
      () => scheduledMessage('deny'),
      (message) => message.includes('48 of 50 replicas'),
    )
    expect(await readyOf('deny')).toEqual([0, 0, 0])
    await scale('deny', 48)
    await untilEqual('ready replicas', () => readyOf('deny'), [24, 16, 8])
  })

  it('tiers overflow, and a label moves a cluster out of its tier', async () => {
    const clusterAffinities = [
      { affinityName: 'home', labelSelector: { matchLabels: { site: 'home' } } },
      { affinityName: 'cloud', clusterNames: ['member-2'] },
    ]
    await hub.kubectl('label cluster member-3 site=home')
    await hub.apply(...workload('tiers', 10, { clusterAffinities, replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('tiers'), [0, 2, 8])
    await hub.kubectl('label cluster member-1 site=home')
    await untilEqual('ready replicas', () => readyOf('tiers'), [2, 0, 8])
    await hub.kubectl('label cluster member-1 site-')
    await untilEqual('ready replicas', () => readyOf('tiers'), [0, 2, 8])
  })

  it('what is one piece goes whole to a cluster that has room for all of it, or not at all', async () => {
    /** Two Deployments and the policy that makes one piece of them, which comes last: there is no piece of one. */
    const piece = (name: string, replicas: readonly number[]) => {
      const parts = replicas.map((count, index) => workload('piece', count, {}, `${name}-${index}`)[0] ?? {})
      const resourceSelectors = parts.map((_, index) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: `${name}-${index}`,
      }))
      const spec = { resourceSelectors, schedulingUnit: 'Together', placement: { replicaScheduling: dynamic } }
      return [...parts, { apiVersion, kind: 'PropagationPolicy', metadata: { name, namespace }, spec }]
    }
    const readyOfPiece = (name: string) => Promise.all([readyOf(`${name}-0`), readyOf(`${name}-1`)])
    await hub.apply(...piece('large', [10, 8]))
    await untilEqual('ready replicas', () => readyOfPiece('large'), [
      [10, 0, 0],
      [8, 0, 0],
    ])
    await hub.apply(...piece('middle', [6, 4]))
    await untilEqual('ready replicas', () => readyOfPiece('middle'), [
      [0, 6, 0],
      [0, 4, 0],
    ])
    // Of 48 places 20 are free, 6, 6 and 8, and none has 9.
    await hub.apply(...piece('divided', [5, 4]))
    const isScheduled = async () => conditionOf(await bindingOf('divided-0'), 'Scheduled', 'status')
    await untilEqual('whether it is scheduled', isScheduled, 'False')
    expect(await readyOfPiece('divided')).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  it('flotilla plan foretells what an edited policy does, and applies it', async () => {
    await hub.apply(...workload('plan', 12, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('plan'), [6, 4, 2])
    const staticWeightList = fleet.members.map(({ name }, index) => ({
      targetCluster: { clusterNames: [name] },
      weight: [1, 2, 1][index],
    }))
    const [, policy] = workload('plan', 12, {
      replicaScheduling: { ...divided, weightPreference: { staticWeightList } },
    })
    const file = join(folder, 'policy.json')
    await writeFile(file, JSON.stringify(policy))
    const ask = ['plan', '-f', file, '--kubeconfig', hub.kubeconfig]
    const { status } = JSON.parse(await flotilla([...ask, '-o', 'json'])) as { status: PlanStatus }
    const mine = status.workloads.find(({ workload: { name } }) => name === 'plan')
    expect(mine?.moves.map(({ cluster, from, to }) => `${cluster}: ${from} -> ${to}`)).toEqual([
      'member-1: 6 -> 3',
      'member-2: 4 -> 6',
      'member-3: 2 -> 3',
    ])
    await flotilla([...ask, '--apply', '--snapshot', status.snapshot])
    await untilEqual('ready replicas', () => readyOf('plan'), [3, 6, 3])
    expect(await flotilla(ask)).not.toContain('Deployment shop/plan')
  })

  it('kubectl create of a Plan prints what flotilla plan does, and stores nothing', async () => {
    await hub.apply(...workload('review', 6, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('review'), [3, 2, 1])
    const file = join(folder, 'plan.json')
    const spec = { drain: ['member-1'], load: [{ factor: 2, namespace, selector: 'app=review' }] }
    await writeFile(file, JSON.stringify({ apiVersion, kind: 'Plan', spec }))
    const answer = JSON.parse(await hub.kubectl(`create -f ${file} -o json`)) as { status: PlanStatus }
    const told = await flotilla(['plan', '-f', file, '--kubeconfig', hub.kubeconfig, '-o', 'json'])
    const mineIn = ({ workloads }: PlanStatus) => workloads.find(({ workload: { name } }) => name === 'review')
    const mine = mineIn(answer.status)
    expect(mineIn((JSON.parse(told) as { status: PlanStatus }).status)).toEqual(mine)
    expect(mine?.moves.map(({ cluster, from, to }) => `${cluster}: ${from} -> ${to}`)).toEqual([
      'member-1: 3 -> 0',
      'member-2: 2 -> 8',
      'member-3: 1 -> 4',
    ])
    await expect(hub.kubectl('get plans')).rejects.toThrow('MethodNotAllowed')
  })

  it('flotilla diff tells the fields that an override changes on a member, and none once it has', async () => {
    await hub.apply(...workload('diff', 6, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('diff'), [3, 2, 1])
    const imageOverrider = [{ component: 'Tag', operator: 'replace', value: '2' }]
    const override = {
      apiVersion,
      kind: 'OverridePolicy',
      metadata: { name: 'diff', namespace },
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'diff' }],
        overrideRules: [{ targetCluster: { clusterNames: ['member-2'] }, overriders: { imageOverrider } }],
      },
    }
    const file = join(folder, 'override.json')
    await writeFile(file, JSON.stringify(override))
    const ask = ['diff', '-f', file, '--kubeconfig', hub.kubeconfig]
    const { code, stdout } = await runFlotilla(ask)
    expect([code, stdout]).toEqual([
      1,
      `Deployment ${namespace}/diff on member-2: changed\n  spec.template.spec.containers[main].image: "registry.example.com/main:1" -> "registry.example.com/main:2"\n`,
    ])
    await hub.apply(override)
    await untilEqual('exit code', async () => (await runFlotilla(ask)).code, 0)
  })

  it('flotilla rebalance moves to where it has become cheaper, never below what is wanted', async () => {
    await hub.apply(priceSheet({ 'member-1': 1, 'member-2': 5, 'member-3': 9 }))
    await hub.apply(...workload('rebalance', 8, { replicaScheduling: divided, objective: { price: 1 } }))
    await untilEqual('ready replicas', () => readyOf('rebalance'), [8, 0, 0])
    await hub.apply(priceSheet({ 'member-1': 9, 'member-2': 1, 'member-3': 9 }))
    await untilEqual('ready replicas', () => readyOf('rebalance'), [8, 0, 0])
    const ask = ['rebalance', '--kubeconfig', hub.kubeconfig]
    const proposed = await flotilla([...ask, '--dry-run'])
    expect(proposed).toContain('8 replicas that may move cost 72.00 USD an hour, then 8.00 USD, 88.9 % less.')
    expect(proposed).toContain('Deployment shop/rebalance: 8 from member-1 to member-2, saves 64.00 USD an hour')
    let isOver = false
    const run = flotilla(ask).finally(() => (isOver = true))
    let fewest = 8
    while (!isOver) {
      const ready = await readyOf('rebalance')
      fewest = Math.min(fewest, sum(ready))
    }
    await run
    expect(fewest).toBe(8)
    await untilEqual('ready replicas', () => readyOf('rebalance'), [0, 8, 0])
    expect(await flotilla([...ask, '--dry-run'])).toContain('Nothing is to move.')
  })

  it('less important work gives way to what has no place, and comes back when that is gone', async () => {
    // Each member is read once more, then one of them node by node three times, a quarter of a minute apart.
    await untilEqual('ready replicas', () => readyOf('high'), [6, 0, 0], 2 * inventoryMs)
    await untilEqual('ready replicas', () => readyOf('low'), [18, 16, 8])
    const explained = await flotilla(['explain', 'deployment/low', '-n', namespace, '--kubeconfig', hub.kubeconfig])
    expect(explained).toContain('Preempted: 6 replicas gave way to Deployment shop/high (priority 1000)')
    await scale('high', 0)
    await untilEqual('ready replicas', () => readyOf('low'), [24, 16, 8], inventoryMs)
  }, 600_000)

  it('reschedule moves to where it has become cheaper by itself, never below what is wanted', async () => {
    const byPrice = { replicaScheduling: divided, objective: { price: 1 } }
    const reschedule = { mode: 'OnChange', maxMovesPercent: 100 }
    await hub.apply(priceSheet({ 'member-1': 1, 'member-2': 5, 'member-3': 9 }))
    await hub.apply(...workload('reschedule', 8, byPrice, 'reschedule', { reschedule }))
    await untilEqual('ready replicas', () => readyOf('reschedule'), [8, 0, 0])
    const floor = await watchReady(fleet, namespace, 'reschedule')
    await hub.apply(priceSheet({ 'member-1': 9, 'member-2': 1, 'member-3': 9 }))
    await untilEqual('ready replicas', () => readyOf('reschedule'), [0, 8, 0])
    expect((await floor.stop()).map(sum).filter((ready) => ready < 8)).toEqual([])
    const explained = await flotilla([
      'explain',
      'deployment/reschedule',
      '-n',
      namespace,
      '--kubeconfig',
      hub.kubeconfig,
    ])
    expect(explained).toContain('8 from member-1 to member-2, saves 64.00 USD an hour')
  })

  // Last, since it takes nodes from all.
  it('growth goes elsewhere while a cluster has no room', async () => {
    await hub.apply(priceSheet({ 'member-1': 1, 'member-2': 5, 'member-3': 9 }))
    await hub.apply(...workload('costs', 4, { replicaScheduling: divided, objective: { price: 1 } }))
    await hub.apply(...workload('shrink', 12, { replicaScheduling: dynamic }))
    await untilEqual('ready replicas', () => readyOf('shrink'), [6, 4, 2])
    await untilEqual('ready replicas', () => readyOf('costs'), [4, 0, 0])
    await fleet.member('member-1').kubectl('cordon --selector=kubernetes.io/os=linux')
    await untilEqual('usable nodes', () => usableNodes('member-1'), 0, inventoryMs)
    await scale('shrink', 24)
    await scale('costs', 8)
    await untilEqual('ready replicas', () => readyOf('costs'), [4, 4, 0])
    // How the others share it depends on which of them has been read since its replicas became ready.
    const [kept, ...others] = await until(
      '24 ready replicas',
      () => readyOf('shrink'),
      (ready) => sum(ready) === 24,
    )
    expect(kept).toBe(6)
    expect(sum(others)).toBe(18)
    await scale('shrink', 34)
    await untilEqual('ready replicas', () => readyOf('shrink'), [6, 16, 8], inventoryMs)
    await until(
      'the shortfall',
      () => scheduledMessage('shrink'),
      (message) => message.includes('30 of 34'),
    )
  })

  it('growth comes back when a cluster has room again, also what costs less there', async () => {
    await addNodes(fleet.member('member-1').plane, 'more', nodesOf(1))
    await untilEqual('ready replicas', () => readyOf('shrink'), [10, 16, 8], inventoryMs)
    const ask = ['rebalance', '--kubeconfig', hub.kubeconfig]
    const back = 'Deployment shop/costs: 4 from member-2 to member-1, saves 16.00 USD an hour'
    expect(await flotilla([...ask, '--dry-run'])).toContain(back)
    const floor = await watchReady(fleet, namespace, 'costs')
    await flotilla(ask)
    await untilEqual('ready replicas', () => readyOf('costs'), [8, 0, 0])
    expect((await floor.stop()).map(sum).filter((ready) => ready < 8)).toEqual([])
  })

  /** Nodes that the hub knows to take pods. */
  async function usableNodes(cluster: string): Promise<number | undefined> {
    const { status } = await hub.api.get<Cluster>(clusterResource, { name: cluster })
    return status?.nodes?.ready
  }
})
