// One of three real clusters loses its API server by SIGKILL: what it ran is replaced before anything of it goes, and
// what a person orders away comes back. Ready replicas are counted every second.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFleet, type Fleet } from './src/fleet.ts'
import { flotilla } from './src/flotilla-process.ts'
import { startEmbeddedHub, type HubUnderTest } from './src/hub.ts'
import { readyOf } from './src/ready-floor.ts'
import { until, untilEqual } from './src/until.ts'

const namespace = 'shop'
const replicas = 12
const weights = ['member-1', 'member-2', 'member-3'].map((name) => ({
  targetCluster: { clusterNames: [name] },
  weight: 1,
}))

const labels = { app: 'web' }
const workload = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'registry.example.com/main:1' }] },
      },
    },
  },
  {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'web', namespace },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: {
        replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList: weights } },
      },
    },
  },
]

describe('failover on three real clusters', () => {
  let fleet: Fleet
  let hub: HubUnderTest

  beforeAll(async () => {
    ;[fleet, hub] = await Promise.all([startFleet(), startEmbeddedHub()])
    const access = ['--kubeconfig', hub.kubeconfig]
    await Promise.all(
      fleet.members.map(({ name, kubeconfig }) =>
        flotilla(['join', name, '--cluster-kubeconfig', kubeconfig, ...access]),
      ),
    )
    await hub.apply(...workload)
    await untilEqual('ready replicas', readyEverywhere, [4, 4, 4], 120_000)
  }, 240_000)
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  /** Of a member that does not answer: undefined. */
  async function readyEverywhere(): Promise<readonly (number | undefined)[]> {
    return fleet.each((member) => member.find(deployments, 'web', namespace).then(readyOf, () => undefined))
  }

  async function stateOf(name: string): Promise<string | undefined> {
    return (await hub.api.get<Cluster>(clusterResource, { name })).status?.health?.state
  }

  async function binding(): Promise<ResourceBinding | undefined> {
    return (await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })).items[0]
  }

  /** Waits, looking every second; fewest replicas that were ready where we could look, and `unseen` more. */
  async function fewestUntil(what: string, unseen: number, isDone: () => Promise<boolean>): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY
    const look = async () => {
      const ready = await readyEverywhere()
      fewest = Math.min(fewest, unseen + ready.reduce<number>((sum, count = 0) => sum + count, 0))
      return isDone()
    }
    await until(what, look, Boolean, 180_000)
    return fewest
  }

  it('replaces what is lost, takes old copies away only then, and moves by order and back, never below 12 ready', async () => {
    const plane = fleet.member('member-1').plane
    await plane.kill('kube-apiserver')
    // Its nodes go on: four are ready there that nobody can see.
    const replaced = async () => {
      const [, two = 0, three = 0] = await readyEverywhere()
      return two + three >= replicas
    }
    expect(await fewestUntil('replacements', 4, replaced)).toBe(replicas)
    expect(await stateOf('member-1')).toBe('Failed')
    expect((await binding())?.spec.evictions).toMatchObject([{ cluster: 'member-1', reason: 'ClusterFailed' }])
    await plane.restart('kube-apiserver')
    const gone = async () => (await fleet.member('member-1').find(deployments, 'web', namespace)) === undefined
    expect(await fewestUntil('the end of the old copy', 0, gone)).toBeGreaterThanOrEqual(replicas)
    await until(
      'member-1 to be well',
      () => stateOf('member-1'),
      (state) => state === 'Healthy',
      120_000,
    )

    const at = async (wanted: readonly number[]) => JSON.stringify(await readyEverywhere()) === JSON.stringify(wanted)
    const order = (...more: readonly string[]) =>
      flotilla(['failover', 'member-2', ...more, '--kubeconfig', hub.kubeconfig])
    expect(await order('--dry-run')).toMatch(/member-2: 6 -> 0/)
    await order()
    expect(await fewestUntil('the move by order', 0, () => at([0, 0, 12]))).toBeGreaterThanOrEqual(replicas)
    await order('--off')
    expect(await fewestUntil('the return', 0, () => at([0, 6, 6]))).toBeGreaterThanOrEqual(replicas)
    const moves = () => flotilla(['moves', '--kubeconfig', hub.kubeconfig])
    await expect.poll(moves, { timeout: 30_000 }).toMatch(/ClusterFailed[^]*Ordered[^]*Return/)
  }, 600_000)
})
