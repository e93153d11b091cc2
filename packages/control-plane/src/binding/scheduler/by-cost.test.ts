// Bindings that are placed by costs: what sheets say when a decision is made, and only then.
import { priceSheetResource } from '@flotilla/api/price-sheet'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createReadyCluster, decidingHalf } from '../../../test/deciding-half.ts'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'

let t: TestHub
let controllers: readonly RunningController[]

const apiVersion = 'flotilla.dev/v1alpha1'

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) await createReadyCluster(t, name, { cpu: '100', pods: '100' })
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 } },
    },
  })
  controllers = decidingHalf(t).map((each) => startController(t.env, each))
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

async function createSheet(name: string, cheap: string, times: object = {}): Promise<void> {
  const entries = [
    { targetCluster: { clusterNames: [cheap] }, perCPUHour: 0.01, perGiBHour: 0 },
    { targetCluster: {}, perCPUHour: 0.09, perGiBHour: 0 },
  ]
  await t.api.create(priceSheetResource, {
    apiVersion,
    kind: 'PriceSheet',
    metadata: { name },
    spec: { entries, ...times },
  })
}

async function place(name: string, replicas: number): Promise<void> {
  const labels = { app: name }
  const container = { name: 'c', image: 'x:1', resources: { requests: { cpu: '1' } } }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  await t.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  })
}

/** Replicas by cluster of the workload of that name. */
async function placed(name: string): Promise<Readonly<Record<string, number>>> {
  await t.env.advance(2_000)
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  const binding = items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
  return Object.fromEntries((binding?.spec.decision?.clusters ?? []).map((each) => [each.name, each.replicas ?? 0]))
}

test('createSchedulerController() goes by the sheet that is in force, and moves nothing when another is', async () => {
  const change = new Date(t.env.clock.now() + 60_000).toISOString()
  await createSheet('old', 'eu', { validUntil: change })
  await createSheet('new', 'us', { validFrom: change })
  await place('first', 4)
  expect(await placed('first')).toEqual({ eu: 4 })
  await t.env.advance(120_000)
  await place('second', 4)
  expect(await placed('second')).toEqual({ us: 4 })
  expect(await placed('first')).toEqual({ eu: 4 })
})

test('createSchedulerController() grows where it costs least now', async () => {
  await createSheet('prices', 'eu')
  await place('web', 4)
  expect(await placed('web')).toEqual({ eu: 4 })
  await t.api.delete(priceSheetResource, { name: 'prices' })
  await createSheet('prices', 'us')
  await t.env.advance(5_000)
  expect(await placed('web')).toEqual({ eu: 4 })
  await t.api.patch(
    deployments,
    { namespace: 'shop', name: 'web' },
    { type: 'merge', patch: { spec: { replicas: 7 } } },
  )
  expect(await placed('web')).toEqual({ eu: 4, us: 3 })
})

test('createSchedulerController() divides evenly where no sheet says anything', async () => {
  await place('web', 4)
  expect(await placed('web')).toEqual({ eu: 2, us: 2 })
})
