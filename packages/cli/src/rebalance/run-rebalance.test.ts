// Rebalancing a whole fleet on a virtual clock: prices change, replicas follow, and never fewer run than are wanted.
import { proposeMoves } from '@flotilla/scheduler/rebalance/propose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type PricedFleet, startPricedFleet, sum } from '../../../control-plane/test/priced-fleet.ts'
import { startTestHub } from '../../test/test-hub.ts'
import { readWorks } from './read-works.ts'
import { carryOut, type Rebalancing } from './run-rebalance.ts'

let t: PricedFleet
let said: string[]

beforeEach(async () => {
  said = []
  t = await startPricedFleet(['eu', 'us'])
})
afterEach(() => t.fleet[Symbol.asyncDispose]())

/** Rebalances to the end; the fewest pods that were ready at once meanwhile. */
async function rebalance(maxMoves?: number): Promise<number> {
  const flags = { gate: 2, timeout: 600_000, ...(maxMoves === undefined ? {} : { maxMoves }) }
  const terminal = { err: (text: string) => void said.push(text), stopped: new AbortController().signal }
  const run: Rebalancing = { env: t.fleet.env, hub: t.fleet.api, flags, terminal }
  let fewest = Number.POSITIVE_INFINITY
  let isOver = false
  const work = (async () => {
    const first = await readWorks(t.fleet.api, t.fleet.env.clock.now())
    const options = maxMoves === undefined ? {} : { maxReplicas: maxMoves }
    await carryOut(run, first, proposeMoves(first.works, first.snapshot, options))
  })().finally(() => (isOver = true))
  while (!isOver) {
    await t.fleet.env.advance(100)
    fewest = Math.min(fewest, sum(await t.ready()))
  }
  await work
  return fewest
}

describe('carryOut()', () => {
  test('moves replicas to the cluster that has become cheaper, never below wanted', async () => {
    await t.setPrices({ eu: 0.01, us: 0.09 })
    await t.place(6)
    expect(await t.ready()).toEqual([6, 0])
    await t.setPrices({ eu: 0.09, us: 0.01 })
    expect(await rebalance()).toBe(6)
    await t.fleet.env.advance(30_000)
    expect(await t.ready()).toEqual([0, 6])
    expect(said.at(-1)).toBe('6 replicas moved\n')
    expect((await t.binding()).spec.rebalance).toBeUndefined()
  })

  test('proposes nothing once it has moved', async () => {
    await t.setPrices({ eu: 0.01, us: 0.09 })
    await t.place(6)
    await t.setPrices({ eu: 0.09, us: 0.01 })
    await rebalance()
    await t.fleet.env.advance(90_000)
    const { works, snapshot } = await readWorks(t.fleet.api, t.fleet.env.clock.now())
    expect(proposeMoves(works, snapshot).waves).toEqual([])
  })

  test('moves no more than it is allowed to', async () => {
    await t.setPrices({ eu: 0.01, us: 0.09 })
    await t.place(6)
    await t.setPrices({ eu: 0.09, us: 0.01 })
    expect(await rebalance(2)).toBe(6)
    await t.fleet.env.advance(30_000)
    expect(await t.ready()).toEqual([4, 2])
  })

  test('leaves what its policy never reschedules, and says so', async () => {
    await t.setPrices({ eu: 0.01, us: 0.09 })
    await t.place(6, {}, { mode: 'Never' })
    await t.setPrices({ eu: 0.09, us: 0.01 })
    await rebalance()
    expect(await t.ready()).toEqual([6, 0])
    const { works, snapshot } = await readWorks(t.fleet.api, t.fleet.env.clock.now())
    const { staying } = proposeMoves(works, snapshot)
    expect([...staying]).toEqual([['never moved, by reschedule of its policy', 1]])
  })

  test('leaves what its policy does not place by costs', async () => {
    await t.setPrices({ eu: 0.01, us: 0.09 })
    await t.place(6, { objective: {} })
    const before = await t.ready()
    await t.setPrices({ eu: 0.09, us: 0.01 })
    await rebalance()
    expect(await t.ready()).toEqual(before)
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
