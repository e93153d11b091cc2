// The verbs that people use around failover, on a hub with two members.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub
const web = { namespace: 'default', name: 'web' }

beforeAll(async () => {
  t = await startTestHub()
  for (const name of ['eu', 'us']) {
    const member = await t.startMember(name)
    await t.run('join', name, '--cluster-kubeconfig', t.kubeconfigOf(member))
  }
  const labels = { app: 'web' }
  const staticWeightList = ['eu', 'us'].map((name) => ({ targetCluster: { clusterNames: [name] }, weight: 1 }))
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'reg.io/c:1' }] } }
  await t.hub.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: web,
    spec: { replicas: 4, selector: { matchLabels: labels }, template },
  })
  await t.hub.api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: web,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList } } },
    },
  })
}, 60_000)
afterAll(() => t[Symbol.asyncDispose]())

async function binding(): Promise<ResourceBinding | undefined> {
  return (await t.hub.api.list<ResourceBinding>(resourceBindingResource)).items[0]
}

/** Once nothing moves. */
async function placed(): Promise<readonly string[] | undefined> {
  const clusters = (await binding())?.spec.decision?.clusters
  return clusters?.some(({ from }) => from !== undefined) === true
    ? undefined
    : clusters?.map(({ name, replicas }) => `${name} ${replicas}`)
}

async function taints(): Promise<readonly string[]> {
  const { spec } = await t.hub.api.get<Cluster>(clusterResource, { name: 'eu' })
  return (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)
}

describe('flotilla cordon, drain and uncordon', () => {
  it('taint the cluster, say so, and take it off', async () => {
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['eu 2', 'us 2'])
    expect(await t.run('cordon', 'eu', '--dry-run')).toMatchObject({
      code: 0,
      out: 'cluster/eu cordoned (dry run)\nWhat runs there stays. Next: flotilla uncordon eu\n',
    })
    expect(await taints()).toEqual([])
    await t.run('cordon', 'eu')
    expect(await taints()).toEqual(['flotilla.dev/cordon:NoSchedule'])
    expect((await t.run('cordon', 'eu')).out).toBe('cluster/eu unchanged: already cordoned\n')
    expect((await t.run('clusters', 'eu')).out).toMatch(/True,cordoned/)
    await t.run('drain', 'eu')
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['us 4'])
    expect((await t.run('uncordon', 'eu')).out).toBe('cluster/eu uncordoned\n')
    expect(await taints()).toEqual([])
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['eu 2', 'us 2'])
  }, 60_000)

  it('name a cluster that is not there, and what is', async () => {
    expect(await t.run('drain', 'nowhere')).toMatchObject({
      code: 1,
      err: 'Error: Cannot find cluster nowhere: it is not registered. Next: flotilla clusters\n',
    })
  })
})

describe('flotilla failover', () => {
  it('says what would move, moves it, shows it among the moves, and lets it back', async () => {
    const plan = await t.run('failover', 'eu', '--dry-run')
    expect(plan.out).toMatch(/eu: 2 -> 0\n {2}us: 2 -> 4/)
    expect((await binding())?.spec.evictions).toBeUndefined()
    expect((await t.run('failover', 'eu')).out).toMatch(/^cluster\/eu ordered to be left\n/)
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['us 4'])
    expect((await t.run('clusters', 'eu')).out).toMatch(/True,failover/)
    const moves = async () => (await t.run('moves', '-n', 'default', '-C', 'eu')).out
    await expect
      .poll(moves, { timeout: 20_000 })
      .toMatch(/deployment\/web +default +eu 2 +us 2 +Ordered: flotilla failover eu was ordered/)
    expect((await t.run('failover', 'eu', '--off')).out).toBe('cluster/eu no longer ordered to be left\n')
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['eu 2', 'us 2'])
    await expect.poll(moves, { timeout: 20_000 }).toMatch(/us 2 +eu 2 +Return: eu may have it back/)
    expect((await t.run('failover', 'eu', '--off')).out).toMatch(/^cluster\/eu unchanged/)
  }, 90_000)
})

describe('flotilla freeze', () => {
  it('is told by flotilla status, and ends', async () => {
    expect((await t.run('freeze', '--off')).out).toBe('moves unchanged: they are not frozen\n')
    expect((await t.run('freeze', '--reason', 'new cables')).out).toMatch(/^moves frozen\n/)
    expect((await t.run('freeze')).out).toMatch(/^moves unchanged: frozen since .*: new cables\n/)
    expect((await t.run('status')).out).toMatch(/Moves {6}frozen since .*: new cables\. Next: flotilla freeze --off\n/)
    expect(await t.run('rebalance')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^Error: Cannot rebalance: moves are frozen since .*: new cables\. Next: flotilla freeze --off/,
      ),
    })
    expect(await t.run('rebalance', '--dry-run')).toMatchObject({ code: 0 })
    expect((await t.run('freeze', '--off')).out).toBe('moves unfrozen\n')
    expect((await t.run('status')).out).not.toMatch(/frozen/)
  })
})
