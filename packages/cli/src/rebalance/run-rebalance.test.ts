// Rebalancing a whole fleet on a virtual clock: prices change, replicas follow, and never fewer run than are wanted.
import { apiVersion } from '@flotilla/api/group'
import { priceSheetResource } from '@flotilla/api/price-sheet'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { proposeMoves } from '@flotilla/scheduler/rebalance/propose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startWholeFleet, type WholeFleet } from '../../../control-plane/test/whole-fleet.ts'
import { startTestHub } from '../../test/test-hub.ts'
import { readWorks } from './read-works.ts'
import { carryOut, type Rebalancing } from './run-rebalance.ts'

/** Each member has three nodes of four CPUs. */
const names = ['eu', 'us'] as const
const web = { namespace: 'shop', name: 'web' }

let fleet: WholeFleet
let said: string[]

beforeEach(async () => {
  said = []
  fleet = await startWholeFleet(names, { podStartMs: 3_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.env.advance(60_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function place(replicas: number, placement: object = {}): Promise<void> {
  await fleet.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: web,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 }, ...placement },
    },
  })
  const labels = { app: 'web' }
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }
  await fleet.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: web,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  })
  await fleet.env.advance(90_000)
}

/** By cluster, for a CPU and hour. */
async function setPrices(prices: Readonly<Record<string, number>>): Promise<void> {
  const entries = Object.entries(prices).map(([name, perCPUHour]) => ({
    targetCluster: { clusterNames: [name] },
    perCPUHour,
    perGiBHour: 0,
  }))
  const found = (await fleet.api.list(priceSheetResource)).items[0]
  const sheet = { apiVersion, kind: 'PriceSheet', metadata: { name: 'prices' }, spec: { entries } }
  if (found === undefined) await fleet.api.create(priceSheetResource, sheet)
  else await fleet.api.update(priceSheetResource, { ...found, spec: sheet.spec } as KubeObject)
  await fleet.env.advance(2_000)
}

async function readyOn(name: string): Promise<number> {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}

const readyEverywhere = () => Promise.all(names.map(readyOn))

/** Rebalances to the end; the fewest pods that were ready at once meanwhile. */
async function rebalance(maxMoves?: number): Promise<number> {
  const flags = { gate: 2, timeout: 600_000, ...(maxMoves === undefined ? {} : { maxMoves }) }
  const terminal = { err: (text: string) => void said.push(text), stopped: new AbortController().signal }
  const run: Rebalancing = { env: fleet.env, hub: fleet.api, flags, terminal }
  let fewest = Number.POSITIVE_INFINITY
  let isOver = false
  const work = (async () => {
    const first = await readWorks(fleet.api, fleet.env.clock.now())
    const options = maxMoves === undefined ? {} : { maxReplicas: maxMoves }
    await carryOut(run, first, proposeMoves(first.works, first.snapshot, options))
  })().finally(() => (isOver = true))
  while (!isOver) {
    await fleet.env.advance(100)
    const ready = await readyEverywhere()
    fewest = Math.min(
      fewest,
      ready.reduce((sum, count) => sum + count, 0),
    )
  }
  await work
  return fewest
}

async function binding(): Promise<ResourceBinding | undefined> {
  return (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items[0]
}

describe('carryOut()', () => {
  test('moves replicas to the cluster that has become cheaper, never below wanted', async () => {
    await setPrices({ eu: 0.01, us: 0.09 })
    await place(6)
    expect(await readyEverywhere()).toEqual([6, 0])
    await setPrices({ eu: 0.09, us: 0.01 })
    expect(await rebalance()).toBe(6)
    await fleet.env.advance(30_000)
    expect(await readyEverywhere()).toEqual([0, 6])
    expect(said.at(-1)).toBe('6 replicas moved\n')
    expect((await binding())?.spec.rebalance).toBeUndefined()
  })

  test('proposes nothing once it has moved', async () => {
    await setPrices({ eu: 0.01, us: 0.09 })
    await place(6)
    await setPrices({ eu: 0.09, us: 0.01 })
    await rebalance()
    await fleet.env.advance(90_000)
    const { works, snapshot } = await readWorks(fleet.api, fleet.env.clock.now())
    expect(proposeMoves(works, snapshot).waves).toEqual([])
  })

  test('moves no more than it is allowed to', async () => {
    await setPrices({ eu: 0.01, us: 0.09 })
    await place(6)
    await setPrices({ eu: 0.09, us: 0.01 })
    expect(await rebalance(2)).toBe(6)
    await fleet.env.advance(30_000)
    expect(await readyEverywhere()).toEqual([4, 2])
  })

  test('leaves what its policy does not place by costs', async () => {
    await setPrices({ eu: 0.01, us: 0.09 })
    await place(6, { objective: {} })
    const before = await readyEverywhere()
    await setPrices({ eu: 0.09, us: 0.01 })
    await rebalance()
    expect(await readyEverywhere()).toEqual(before)
    expect(said).toEqual(['0 replicas moved\n'])
  })
})

describe('flotilla rebalance', () => {
  test('says that nothing is to move where there is nothing', async () => {
    await using hub = await startTestHub()
    expect(await hub.run('rebalance', '--dry-run')).toEqual({
      code: 0,
      err: '',
      out: '0 replicas that may move cost 0.00 USD an hour. Nothing is to move.\n',
    })
  })

  test('refuses a gate that is none', async () => {
    await using hub = await startTestHub()
    const { code, err } = await hub.run('rebalance', '--gate', '0')
    expect(code).not.toBe(0)
    expect(err).toContain('--gate takes a number above 0, such as 2.')
  })
})
