// Failover over whole fleets: what is lost is replaced before anything goes, and comes back when that is safe.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { freezeName, orderAnnotation } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import {
  configMaps,
  deployments,
  namespaces,
  nodes,
  pods,
  priorityClasses,
} from '@flotilla/machinery/well-known-resources'
import { afterEach, describe, expect, test } from 'vitest'
import type { Lies } from '../../test/lies.ts'
import { aDeployment } from '../../test/test-fleet.ts'
import { aWeightedPolicy } from '../../test/weighted-policy.ts'
import { startWholeFleet, stopControllers, type WholeFleet } from '../../test/whole-fleet.ts'

let fleet: WholeFleet
afterEach(() => fleet[Symbol.asyncDispose]())

const minute = 60_000
const web = { namespace: 'shop', name: 'web' }

async function start(names: readonly string[] = ['eu', 'us', 'ap']): Promise<void> {
  fleet = await startWholeFleet(names, { podStartMs: 2_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.env.advance(minute)
}

async function place(weights: Readonly<Record<string, number>>, replicas: number, more: object = {}): Promise<void> {
  const policy = aWeightedPolicy(weights)
  await fleet.api.create(propagationPolicyResource, { ...policy, spec: { ...(policy['spec'] as object), ...more } })
  await fleet.api.create(deployments, aDeployment('web', { replicas }))
  await fleet.env.advance(20_000)
}

/** A Deployment whose pods ask for one CPU each. */
function ofCpus(name: string, replicas: number, namespace: string, priorityClassName?: string): KubeObject {
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }
  const pod = { containers: [container], ...(priorityClassName ? { priorityClassName } : {}) }
  const template = { metadata: { labels: { app: name } }, spec: pod }
  const object = aDeployment(name, { replicas, template })
  return { ...object, metadata: { ...object.metadata, namespace } }
}

async function createPriorities(): Promise<void> {
  for (const [name, value] of [
    ['low', 1],
    ['high', 2],
  ] as const) {
    const object = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value }
    for (const api of [fleet.api, fleet.member('eu'), fleet.member('us')]) await api.create(priorityClasses, object)
  }
}

async function setPolicy(weights: Readonly<Record<string, number>>, placement?: object): Promise<void> {
  const policy = await fleet.api.get(propagationPolicyResource, web)
  await fleet.api.update(propagationPolicyResource, { ...policy, spec: aWeightedPolicy(weights, placement)['spec'] })
}

const faults = (name: string) => fleet.members.get(name)?.faults

async function cluster(name: string): Promise<Cluster> {
  return fleet.api.get<Cluster>(clusterResource, { name })
}

async function failover(name: string): Promise<string> {
  const { status } = await cluster(name)
  const condition = status?.conditions?.find(({ type }) => type === 'Failover')
  return condition ? `${condition.reason}: ${condition.message}` : 'nothing'
}

async function binding(): Promise<ResourceBinding> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === 'web') as ResourceBinding
}

async function readyOn(name: string): Promise<number> {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}

const readyEverywhere = () => Promise.all([...fleet.members.keys()].map(readyOn))

/** The fewest that were ready at once within `ms` on clusters that `counts`. */
async function fewestReady(ms: number, counts: (name: string) => boolean = () => true): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (let passed = 0; passed < ms; passed += 250) {
    await fleet.env.advance(250)
    const ready = await Promise.all([...fleet.members.keys()].filter(counts).map(readyOn))
    fewest = Math.min(
      fewest,
      ready.reduce((sum, count) => sum + count, 0),
    )
  }
  return fewest
}

describe('failover', () => {
  test('replaces what a lost cluster runs, removes the old copies only then, and gives them back after 30 minutes', async () => {
    await start()
    await place({ eu: 1, us: 1, ap: 1 }, 9)
    expect(await readyEverywhere()).toEqual([3, 3, 3])
    faults('eu')?.stop()
    await fleet.env.advance(25_000)
    expect((await cluster('eu')).status?.health?.state).toBe('Unreachable')
    expect((await binding()).spec.evictions).toBeUndefined()
    await fleet.env.advance(20_000)
    expect((await cluster('eu')).status?.health?.state).toBe('Failed')
    expect((await readyEverywhere()).slice(1).reduce((sum, count) => sum + count, 0)).toBe(9)
    expect((await binding()).spec.evictions).toMatchObject([
      { cluster: 'eu', reason: 'ClusterFailed', graceSeconds: 600 },
    ])
    expect(await failover('eu')).toMatch(/^Moved: 1 workload has been moved/)
    // The cluster runs on, cut off.
    expect(await readyOn('eu')).toBe(3)
    faults('eu')?.start()
    expect(await fewestReady(minute)).toBe(9)
    expect(await readyOn('eu')).toBe(0)
    expect((await cluster('eu')).status?.health?.state).toBe('Healthy')
    await fleet.env.advance(28 * minute)
    expect(await readyOn('eu')).toBe(0)
    expect(await fewestReady(3 * minute)).toBe(9)
    expect(await readyEverywhere()).toEqual([3, 3, 3])
    expect((await binding()).spec.evictions ?? []).toEqual([])
    expect(await failover('eu')).toBe('nothing')
  })

  test('moves nothing when the hub is cut off, says so, and forgets it', async () => {
    await start()
    await place({ eu: 1, us: 1, ap: 1 }, 9)
    const before = (await binding()).spec
    for (const name of fleet.members.keys()) faults(name)?.cut()
    await fleet.env.advance(5 * minute)
    expect(await failover('us')).toMatch(/^HubMayBeCutOff: Nothing moves away from us: 3 of 3 clusters/)
    for (const name of fleet.members.keys()) faults(name)?.heal()
    await fleet.env.advance(2 * minute)
    expect((await binding()).spec).toEqual(before)
    expect(await readyEverywhere()).toEqual([3, 3, 3])
    expect(await failover('us')).toBe('nothing')
  })

  test('keeps the copies of a cluster that comes back before what replaces them is ready, and ends the move', async () => {
    fleet = await startWholeFleet(['eu', 'us'], { podStartMs: 10 * minute })
    await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await place({ eu: 1, us: 1 }, 4)
    await fleet.env.advance(11 * minute)
    expect(await readyEverywhere()).toEqual([2, 2])
    faults('eu')?.stop()
    await fleet.env.advance(minute)
    expect((await binding()).spec.decision?.clusters).toMatchObject([
      { name: 'eu', replicas: 0, from: 2 },
      { name: 'us', replicas: 4, from: 2 },
    ])
    faults('eu')?.start()
    expect(await fewestReady(2 * minute)).toBe(4)
    expect((await binding()).spec.decision?.clusters).toMatchObject([
      { name: 'eu', replicas: 2 },
      { name: 'us', replicas: 2 },
    ])
    expect((await binding()).spec.removals ?? []).toEqual([])
    expect((await binding()).spec.evictions ?? []).toEqual([])
  })

  test('moves nothing for a cluster that comes and goes, is slow, or refuses writes', async () => {
    await start(['flaps', 'slow', 'half', 'well'])
    await place({ flaps: 1, slow: 1, half: 1, well: 1 }, 8)
    faults('slow')?.slow(2_000)
    const refusal = new FlotillaError('Internal', 'etcdserver: no leader')
    faults('half')?.failRequests(({ verb }) => ['create', 'update', 'patch', 'apply', 'delete'].includes(verb), refusal)
    for (let flap = 0; flap < 6; flap++) {
      faults('flaps')?.stop()
      await fleet.env.advance(20_000)
      faults('flaps')?.start()
      await fleet.env.advance(10_000)
    }
    expect((await binding()).spec.evictions).toBeUndefined()
    expect(await readyEverywhere()).toEqual([2, 2, 2, 2])
    const { spec, status } = await cluster('flaps')
    expect(status?.health?.losses?.length).toBeGreaterThanOrEqual(3)
    expect(spec.taints).toMatchObject([{ key: 'flotilla.dev/quarantine', effect: 'NoSchedule' }])
  })

  test('replaces what a cluster had that comes back under another identity, and writes nothing to that', async () => {
    await start()
    await place({ eu: 1, us: 1, ap: 1 }, 9)
    const lies = fleet.lies['eu'] as Lies
    lies.get = (resource, object) =>
      resource.plural === 'namespaces' && object.metadata.name === 'kube-system'
        ? { ...object, metadata: { ...object.metadata, uid: 'another' } }
        : object
    lies.beforeApply = () => expect.unreachable('wrote to a cluster that is not ours')
    await fleet.env.advance(2 * minute)
    expect((await cluster('eu')).status?.health?.state).toBe('Failed')
    expect((await readyEverywhere()).slice(1).reduce((sum, count) => sum + count, 0)).toBe(9)
    expect(await readyOn('eu')).toBe(3)
  })

  test('does not count its own downtime, and goes on with a move after it', async () => {
    await start()
    await place({ eu: 1, us: 1, ap: 1 }, 9)
    faults('eu')?.stop()
    await fleet.env.advance(15_000)
    await stopControllers(fleet, fleet.controlPlane)
    await fleet.env.advance(60 * minute)
    await fleet.restart()
    expect((await cluster('eu')).status?.health?.state).not.toBe('Failed')
    await fleet.env.advance(40_000)
    expect((await cluster('eu')).status?.health?.state).toBe('Failed')
    expect((await binding()).spec.evictions).toBeUndefined()
    await fleet.env.advance(30_000)
    expect((await binding()).spec.evictions).toHaveLength(1)
    await fleet.restart()
    await fleet.env.advance(10_000)
    expect((await readyEverywhere()).slice(1).reduce((sum, count) => sum + count, 0)).toBe(9)
  })

  test('moves the most important first, and names what has no room', async () => {
    await start(['eu', 'us'])
    await createPriorities()
    await fleet.member('us').create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'local' } })
    await fleet.api.create(propagationPolicyResource, {
      ...aWeightedPolicy({ eu: 1, us: 0 }),
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        schedulePriority: { priorityClassSource: 'PodPriorityClass' },
        placement: {
          clusterAffinities: [
            { affinityName: 'first', clusterNames: ['eu'] },
            { affinityName: 'second', clusterNames: ['us'] },
          ],
          replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
        },
      },
    })
    // Each member has twelve CPUs; us has room for one of the two.
    await fleet.member('us').create(deployments, ofCpus('mine', 6, 'local'))
    for (const name of ['low', 'high']) await fleet.api.create(deployments, ofCpus(name, 5, 'shop', name))
    await fleet.env.advance(2 * minute)
    expect(await readyEverywhere()).toEqual([10, 0])
    faults('eu')?.stop()
    await fleet.env.advance(90_000)
    const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
    const moved = items.map(({ spec }) => [
      spec.workloads[0]?.ref.name,
      spec.decision?.clusters.map(({ name, replicas }) => `${name} ${replicas}`),
    ])
    expect(Object.fromEntries(moved)).toEqual({ high: ['us 5'], low: ['eu 0', 'us 1'] })
  })

  test('does not overfill what does not look at room', async () => {
    await start(['eu', 'us'])
    await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1 }))
    await fleet.api.create(deployments, ofCpus('web', 18, 'shop'))
    await fleet.env.advance(2 * minute)
    faults('eu')?.stop()
    await fleet.env.advance(minute)
    expect(await failover('eu')).toMatch(/1 stay: 1 NoRoom \(e.g. shop\/web: us would get 9 more and has room for 3/)
    expect((await binding()).spec.evictions).toBeUndefined()
  })

  test('moves nothing while moves are frozen, also after a restart', async () => {
    await start(['eu', 'us'])
    await place({ eu: 1, us: 0 }, 1)
    const frozen = { namespace: systemNamespace, name: freezeName }
    await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } })
    await fleet.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: frozen })
    faults('eu')?.stop()
    await fleet.env.advance(minute)
    expect(await failover('eu')).toBe('Frozen: Nothing moves: all moves are frozen. Next: flotilla freeze --off')
    await fleet.restart()
    const taints = [{ key: 'work', effect: 'NoExecute' }]
    await fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { spec: { taints } } })
    await fleet.env.advance(2 * minute)
    expect((await binding()).spec.evictions).toBeUndefined()
    expect((await binding()).spec.decision?.clusters).toMatchObject([{ name: 'eu', replicas: 1 }])
    await fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { spec: { taints: null } } })
    await fleet.api.delete(configMaps, frozen)
    await fleet.env.advance(10_000)
    expect(await failover('eu')).toMatch(/SomeStay: .*us has weight 0/)
    await setPolicy({ eu: 3, us: 1 })
    await fleet.env.advance(20_000)
    expect((await binding()).spec.evictions).toHaveLength(1)
  })

  test('moves by order what it leaves otherwise, and lets it back when that is taken off', async () => {
    await start(['eu', 'us'])
    await place({ eu: 1, us: 1 }, 4, {})
    await setPolicy({ eu: 1, us: 1 }, { clusterTolerations: [{ operator: 'Exists' }] })
    const order = (at: string | null) =>
      fleet.api.patch(
        clusterResource,
        { name: 'eu' },
        { type: 'merge', patch: { metadata: { annotations: { [orderAnnotation]: at } } } },
      )
    await order('2026-03-01T12:00:00Z')
    expect(await fewestReady(30_000)).toBe(4)
    expect(await readyEverywhere()).toEqual([0, 4])
    expect((await binding()).spec.evictions).toMatchObject([{ reason: 'Ordered' }])
    await order(null)
    expect(await fewestReady(minute)).toBe(4)
    expect(await readyEverywhere()).toEqual([2, 2])
  })

  test('moves what is not healthy on a cluster that answers, if the policy says so, and keeps what is healthy', async () => {
    await start(['eu', 'us'])
    await place({ eu: 1, us: 1 }, 4, { failover: { application: { tolerationSeconds: 60 } } })
    const eu = fleet.member('eu')
    for (const { metadata } of (await eu.list(nodes)).items) {
      await eu.patch(nodes, metadata, { type: 'merge', patch: { spec: { unschedulable: true } } })
    }
    for (const { metadata } of (await eu.list(pods, { namespace: 'shop' })).items) await eu.delete(pods, metadata)
    expect(await fewestReady(3 * minute, (name) => name === 'us')).toBeGreaterThanOrEqual(2)
    expect((await binding()).spec.evictions).toMatchObject([{ cluster: 'eu', reason: 'ApplicationUnhealthy' }])
    expect(await readyOn('us')).toBe(4)
  })
})
