// flotilla withdraw on a hub with two members: what is withdrawn leaves, stays away, and comes back when a person says so.
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { valueAt } from '@flotilla/machinery/untyped'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoMember } from '../demo/demo-member.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub
const members = new Map<string, DemoMember>()
const web = { namespace: 'default', name: 'web' }

beforeAll(async () => {
  t = await startTestHub()
  for (const name of ['eu', 'us']) {
    const member = await t.startMember(name)
    members.set(name, member)
    await t.run('join', name, '--cluster-kubeconfig', t.kubeconfigOf(member))
  }
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'reg.io/c:1' }] } }
  const spec = { replicas: 4, selector: { matchLabels: labels }, template }
  await t.hub.api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: web, spec })
  const staticWeightList = ['eu', 'us'].map((name) => ({ targetCluster: { clusterNames: [name] }, weight: 1 }))
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

/** Once nothing moves. */
async function placed(): Promise<readonly string[] | undefined> {
  const [binding] = (await t.hub.api.list<ResourceBinding>(resourceBindingResource)).items
  const clusters = binding?.spec.decision?.clusters
  if (clusters?.some(({ from }) => from !== undefined) === true) return undefined
  return clusters?.map(({ name, replicas }) => `${name} ${replicas}`)
}

async function readyOn(name: string): Promise<number> {
  const found = await members.get(name)?.simulated.api.list(deployments, { namespace: 'default' })
  return Number(valueAt(found?.items[0], 'status', 'readyReplicas') ?? 0)
}

const withdraw = (...args: readonly string[]) => t.run('withdraw', 'deployment/web', ...args)

describe('flotilla withdraw', () => {
  it('says with --dry-run what it would do, and changes nothing', async () => {
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['eu 2', 'us 2'])
    expect((await withdraw('-C', 'eu', '--dry-run')).out).toMatch(/^deployment\/web withdrawn from eu \(dry run\)\n/)
    expect((await withdraw('-C', 'eu', '--undo')).out).toBe('deployment/web unchanged: it is not withdrawn from eu\n')
    expect(await placed()).toEqual(['eu 2', 'us 2'])
  }, 60_000)

  it('moves it elsewhere, says why it is not there, and keeps the last copy', async () => {
    expect((await withdraw('-C', 'eu', '--reason', 'broken disks')).code).toBe(0)
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['us 4'])
    expect((await t.run('explain', 'deployment/web')).out).toMatch(/it was moved away: withdrawn by .*: broken disks/)
    expect((await t.run('clusters', 'eu', '-o', 'yaml')).out).not.toMatch(/type: Failover/)
    const moves = async () => (await t.run('moves')).out
    await expect.poll(moves, { timeout: 20_000 }).toMatch(/eu 2 +us 2 +Withdrawn: withdrawn by .*: broken disks/)
    await withdraw('-C', 'us')
    expect((await withdraw('-C', 'us')).out).toMatch(/^deployment\/web unchanged: it is withdrawn from us already/)
    const decided = async () => (await t.run('explain', 'deployment/web')).out
    await expect.poll(decided, { timeout: 20_000 }).toMatch(/us .*withdrawn by/)
    expect((await readyOn('us')) + (await readyOn('eu'))).toBe(4)
  }, 60_000)

  it('lets it back with --undo', async () => {
    expect((await withdraw('-C', 'eu,us', '--undo')).out).toMatch(/^deployment\/web may be on eu, us again\n/)
    await expect.poll(placed, { timeout: 20_000 }).toEqual(['eu 2', 'us 2'])
  }, 60_000)

  it('refuses what nobody places, and what is frozen', async () => {
    expect((await t.run('withdraw', 'cm/none', '-C', 'eu')).code).toBe(1)
    await t.run('freeze')
    expect((await withdraw('-C', 'eu')).err).toMatch(/^Error: Cannot withdraw deployment\/web: moves are frozen/)
    await t.run('freeze', '--off')
  }, 60_000)
})
