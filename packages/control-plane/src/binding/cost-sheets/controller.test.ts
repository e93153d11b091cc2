import { carbonSheetResource } from '@flotilla/api/carbon-sheet'
import { type PriceSheet, priceSheetResource } from '@flotilla/api/price-sheet'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'
import { createCostSheetControllers } from './controller.ts'

let t: TestHub
let controllers: readonly RunningController[]

beforeEach(async () => {
  t = await startTestHub()
  controllers = createCostSheetControllers(t).map((each) => startController(t.env, each))
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

/** `ms` from now. */
const from = (ms: number) => new Date(t.env.clock.now() + ms).toISOString()

async function create(name: string, more: Partial<PriceSheet['spec']>): Promise<void> {
  const entries = [{ targetCluster: {}, perCPUHour: 0.05, perGiBHour: 0.02 }]
  await t.api.create(priceSheetResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PriceSheet',
    metadata: { name },
    spec: { entries, ...more },
  })
}

/** `STATUS REASON: message` of InForce. */
async function standing(name: string): Promise<string> {
  await t.env.advance(1_000)
  const { status } = await t.api.get<PriceSheet>(priceSheetResource, { name })
  const [condition] = status?.conditions ?? []
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`
}

test('createCostSheetControllers() tell when a sheet begins and when it ends', async () => {
  const [begin, end] = [from(60_000), from(120_000)]
  await create('a', { validFrom: begin, validUntil: end })
  expect(await standing('a')).toBe(`False NotYetValid: it begins at ${begin}`)
  await t.env.advance(60_000)
  expect(await standing('a')).toBe('True InForce: ')
  await t.env.advance(60_000)
  expect(await standing('a')).toBe(`False Expired: it ended at ${end}`)
})

test('createCostSheetControllers() name both currencies, and take the other sheet once the first has gone', async () => {
  await create('euro', { currency: 'EUR' })
  await t.env.advance(2_000)
  await create('franc', { currency: 'CHF' })
  expect(await standing('euro')).toBe('True InForce: ')
  expect(await standing('franc')).toMatch(/^False OtherCurrency: it is in CHF and euro, which is in force, in EUR: /)
  await t.api.delete(priceSheetResource, { name: 'euro' })
  expect(await standing('franc')).toBe('True InForce: ')
})

test('createCostSheetControllers() tell of carbon sheets too', async () => {
  const spec = { entries: [{ targetCluster: {}, gramsPerKilowattHour: 50 }] }
  const sheet = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'CarbonSheet', metadata: { name: 'grid' }, spec }
  await t.api.create(carbonSheetResource, sheet)
  await t.env.advance(1_000)
  const { status } = await t.api.get<PriceSheet>(carbonSheetResource, { name: 'grid' })
  expect(status?.conditions?.[0]).toMatchObject({ type: 'InForce', status: 'True' })
})
