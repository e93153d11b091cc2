// Rebalancing by itself, on a virtual clock: what moves replicas and what does not, how many, when, and what keeps on.
import { clusterResource } from '@flotilla/api/cluster'
import { freezeName } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import type { Reschedule } from '@flotilla/api/reschedule'
import { configMaps, namespaces, nodes } from '@flotilla/machinery/well-known-resources'
import { findCondition } from '@flotilla/runtime/conditions'
import { rebalance } from '@flotilla/scheduler/rebalance/solve'
import { afterEach, describe, expect, test } from 'vitest'
import { type PricedFleet, startPricedFleet } from '../../../test/priced-fleet.ts'
import { ownClaim, startControllers, stopControllers, type WholeFleetOptions } from '../../../test/whole-fleet.ts'
import type { Solve } from './solve.ts'

const minute = 60_000
const cheapIn = (name: 'eu' | 'us') => ({ eu: name === 'eu' ? 0.01 : 0.09, us: name === 'us' ? 0.01 : 0.09 })
const allAtOnce: Reschedule = { mode: 'OnChange', maxMovesPercent: 100 }
/** Clocks begin at midnight; what is set up is ready at about three minutes past. */
const atHalfPast: Reschedule = { mode: 'Scheduled', schedule: '30 0 * * *', maxMovesPercent: 100 }

let t: PricedFleet
afterEach(() => t.fleet[Symbol.asyncDispose]())

/** Six replicas that run on eu, which is cheap. */
async function onEu(reschedule?: Reschedule, options?: WholeFleetOptions, placement?: object): Promise<void> {
  t = await startPricedFleet(['eu', 'us'], options)
  await t.setPrices(cheapIn('eu'))
  await t.place(6, placement, reschedule)
  expect(await t.ready()).toEqual([6, 0])
}

async function condition() {
  return findCondition((await t.policy()).status?.conditions, 'Rebalanced')
}

/** Minutes past midnight. */
async function advanceTo(minutes: number): Promise<void> {
  await t.fleet.env.advance(Date.UTC(2026, 0, 1) + minutes * minute - t.fleet.env.clock.now())
}

async function label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
  await t.fleet.api.patch(clusterResource, { name }, { type: 'merge', patch: { metadata: { labels } } })
}

/** `count`: of its three nodes. */
async function cordon(name: string, unschedulable: boolean, count = 3): Promise<void> {
  const member = t.fleet.member(name)
  for (const { metadata } of (await member.list(nodes)).items.slice(0, count)) {
    await member.patch(nodes, metadata, { type: 'merge', patch: { spec: { unschedulable } } })
  }
}

describe('OnChange', () => {
  test('moves to where it has become cheaper, never below what is wanted, and says why', async () => {
    await onEu(allAtOnce)
    expect(await condition()).toMatchObject({ status: 'True', reason: 'Settled' })
    await t.setPrices(cheapIn('us'))
    expect(await t.fewestIn(2 * minute)).toBe(6)
    expect(await t.ready()).toEqual([0, 6])
    expect((await t.binding()).spec).toMatchObject({
      rebalanced: { replicas: 6, message: '6 from eu to us, saves 0.48 USD an hour' },
    })
    expect(await condition()).toMatchObject({ status: 'True', reason: 'Settled', message: 'No move is worth it' })
  })

  test('moves a tenth in an hour unless the policy says otherwise, and tells what waits', async () => {
    await onEu({ mode: 'OnChange' })
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(50 * minute)
    expect(await t.ready()).toEqual([5, 1])
    const told = await condition()
    expect(told).toMatchObject({ status: 'False', reason: 'BudgetSpent' })
    expect(told?.message).toMatch(/^5 replicas to save 0\.40 USD an hour would move, but the 1 that may .* until 2026/)
    await t.fleet.env.advance(15 * minute)
    expect(await t.ready()).toEqual([4, 2])
  })

  test('moves no more than maxMoves, and goes on when it is raised', async () => {
    await onEu({ mode: 'OnChange', maxMoves: 2 })
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(5 * minute)
    expect(await t.ready()).toEqual([4, 2])
    await t.editPolicy({ spec: { reschedule: { maxMoves: 5 } } })
    await t.fleet.env.advance(2 * minute)
    expect(await t.ready()).toEqual([1, 5])
  })

  test('moves nothing that gains less than it asks for', async () => {
    await onEu(allAtOnce)
    await t.setPrices({ eu: 0.04, us: 0.03 })
    await t.fleet.env.advance(5 * minute)
    expect(await t.ready()).toEqual([6, 0])
    await t.editPolicy({ spec: { reschedule: { minGainPercent: 20 } } })
    await t.fleet.env.advance(2 * minute)
    expect(await t.ready()).toEqual([0, 6])
  })

  test('does not move back and forth when prices do', async () => {
    await onEu(allAtOnce)
    // So that the budget is not spent by the first moves.
    await cordon('us', true, 2)
    await t.fleet.env.advance(2 * minute)
    const seen = new Set<string>()
    for (let round = 0; round < 6; round++) {
      await t.setPrices(cheapIn(round % 2 === 0 ? 'us' : 'eu'))
      await t.fleet.env.advance(3 * minute)
      seen.add(String(await t.ready()))
    }
    expect([...seen]).toEqual(['2,4'])
  })

  test('asks for nothing while moves are frozen, says so, and goes on', async () => {
    await onEu(allAtOnce)
    const frozen = { namespace: systemNamespace, name: freezeName }
    await t.fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } })
    await t.fleet.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: frozen })
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(5 * minute)
    expect(await t.ready()).toEqual([6, 0])
    expect((await t.binding()).spec.rebalance).toBeUndefined()
    expect(await condition()).toMatchObject({ status: 'False', reason: 'Frozen' })
    await t.fleet.api.delete(configMaps, frozen)
    await t.fleet.env.advance(2 * minute)
    expect(await t.ready()).toEqual([0, 6])
  })

  test('moves to a cheap cluster that has room again', async () => {
    t = await startPricedFleet(['eu', 'us'])
    await t.setPrices(cheapIn('eu'))
    await cordon('eu', true)
    await t.fleet.env.advance(2 * minute)
    await t.place(6, {}, allAtOnce)
    expect(await t.ready()).toEqual([0, 6])
    await cordon('eu', false)
    expect(await t.fewestIn(3 * minute)).toBe(6)
    expect(await t.ready()).toEqual([6, 0])
  })

  test('keeps the old copies where new ones do not become ready, tells it, and goes on once they do', async () => {
    await onEu({ ...allAtOnce, maxMoves: 3 })
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(12_000)
    // After the hub has last seen room there.
    await cordon('us', true)
    expect(await t.fewestIn(12 * minute)).toBe(6)
    expect(await t.ready()).toEqual([6, 0])
    expect(await condition()).toMatchObject({ status: 'False', reason: 'Stalled' })
    expect((await condition())?.message).toMatch(/^web has been moving since 2026-01-01T/)
    await cordon('us', false)
    expect(await t.fewestIn(2 * minute)).toBe(6)
    expect(await t.ready()).toEqual([3, 3])
    expect(await condition()).toMatchObject({ reason: 'BudgetSpent' })
  })

  test('goes on where controllers end in the middle of a wave', async () => {
    await onEu(allAtOnce)
    await t.setPrices(cheapIn('us'))
    const isMoving = () =>
      [...t.fleet.controlPlane.hub.bindings.list()].some(({ spec }) => spec.rebalanced !== undefined)
    await t.fleet.env.advanceUntil(isMoving, { limitMs: minute, what: 'the first wave' })
    await t.fleet.restart()
    expect(await t.fewestIn(2 * minute)).toBe(6)
    expect(await t.ready()).toEqual([0, 6])
    expect(await condition()).toMatchObject({ reason: 'Settled' })
  })

  test('keeps its budget while two hubs both take themselves for the leader', async () => {
    await onEu({ mode: 'OnChange', maxMoves: 2 })
    const other = startControllers(t.fleet, t.fleet.members, { ...ownClaim, holder: 'other' })
    await t.setPrices(cheapIn('us'))
    expect(await t.fewestIn(5 * minute)).toBe(6)
    await stopControllers(t.fleet, other)
    expect(await t.ready()).toEqual([4, 2])
  })
})

describe('modes', () => {
  const scheduled: Reschedule = { mode: 'Scheduled', schedule: '0 12 * * *' }
  const byLabel = {
    clusterAffinity: { labelSelector: { matchExpressions: [{ key: 'off', operator: 'DoesNotExist' }] } },
  }
  const moved = [0, 6]
  const stayed = [6, 0]
  test.each<{ name: string; reschedule?: Reschedule; costs: readonly number[]; label: readonly number[] }>([
    { name: 'none', costs: stayed, label: moved },
    { name: 'OnChange', reschedule: allAtOnce, costs: moved, label: moved },
    { name: 'Never', reschedule: { mode: 'Never' }, costs: stayed, label: stayed },
    { name: 'Scheduled, in between', reschedule: scheduled, costs: stayed, label: stayed },
  ])('$name: costs $costs, a label $label, an edit always', async ({ reschedule, costs, label: byLabels }) => {
    await onEu(reschedule, {}, byLabel)
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(2 * minute)
    expect(await t.ready()).toEqual(costs)
    await t.setPrices(cheapIn('eu'))
    await label('eu', { off: '' })
    expect(await t.fewestIn(minute)).toBe(6)
    expect(await t.ready()).toEqual(byLabels)
    await t.editPolicy({ spec: { placement: { clusterAffinity: { labelSelector: null, clusterNames: ['us'] } } } })
    await t.fleet.env.advance(minute)
    expect(await t.ready()).toEqual(moved)
  })

  test('Never leaves for a NoExecute taint', async () => {
    await onEu({ mode: 'Never' })
    const spec = { taints: [{ key: 'drain', effect: 'NoExecute' }] }
    await t.fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { spec } })
    expect(await t.fewestIn(minute)).toBe(6)
    expect(await t.ready()).toEqual([0, 6])
  })
})

describe('Scheduled', () => {
  test('moves at its time, once, and says when the next is', async () => {
    await onEu(atHalfPast)
    await t.setPrices(cheapIn('us'))
    await advanceTo(29)
    expect(await t.ready()).toEqual([6, 0])
    expect((await t.policy()).status?.schedule).toEqual({ spec: '30 0 * * * UTC', next: '2026-01-01T00:30:00Z' })
    expect(await t.fewestIn(3 * minute)).toBe(6)
    expect(await t.ready()).toEqual([0, 6])
    expect((await t.policy()).status?.schedule).toEqual({ spec: '30 0 * * * UTC', next: '2026-01-02T00:30:00Z' })
    await t.setPrices(cheapIn('eu'))
    await advanceTo(45)
    expect(await t.ready()).toEqual([0, 6])
  })

  test('moves at its time what labels have made move', async () => {
    const clusterAffinity = { labelSelector: { matchExpressions: [{ key: 'off', operator: 'DoesNotExist' }] } }
    await onEu(atHalfPast, {}, { clusterAffinity })
    await label('eu', { off: '' })
    await advanceTo(29)
    expect(await t.ready()).toEqual([6, 0])
    expect(await t.fewestIn(3 * minute)).toBe(6)
    expect(await t.ready()).toEqual([0, 6])
    expect((await t.policy()).status?.schedule?.since).toBeUndefined()
  })

  test('makes up for a time that passed while no controllers ran, within an hour', async () => {
    await onEu(atHalfPast)
    await t.setPrices(cheapIn('us'))
    await advanceTo(25)
    await stopControllers(t.fleet, t.fleet.controlPlane)
    await advanceTo(60)
    await t.fleet.restart()
    await advanceTo(65)
    expect(await t.ready()).toEqual([0, 6])
  })

  test('goes on where controllers end in the middle', async () => {
    await onEu({ ...atHalfPast, maxMoves: 4 })
    await t.setPrices(cheapIn('us'))
    await advanceTo(30)
    const isMoving = () =>
      [...t.fleet.controlPlane.hub.bindings.list()].some(({ spec }) => spec.rebalanced !== undefined)
    await t.fleet.env.advanceUntil(isMoving, { limitMs: minute, what: 'the first wave' })
    await t.fleet.restart()
    await advanceTo(35)
    expect(await t.ready()).toEqual([2, 4])
    expect((await t.policy()).status?.schedule?.since).toBeUndefined()
  })
})

describe('a solver', () => {
  test('that fails leaves all where it is, is told, and is asked again', async () => {
    let isBroken = true
    const solve: Solve = async (problem, options) => {
      if (isBroken) throw new Error('Cannot solve the rebalance: it ran out of memory')
      return rebalance(problem, options).replicas
    }
    await onEu(allAtOnce, { solve })
    await t.setPrices(cheapIn('us'))
    await t.fleet.env.advance(2 * minute)
    expect(await t.ready()).toEqual([6, 0])
    expect(await condition()).toMatchObject({
      status: 'Unknown',
      reason: 'CannotSolve',
      message: 'Cannot solve the rebalance: it ran out of memory. What is placed stays; it is tried again',
    })
    isBroken = false
    await t.fleet.env.advance(6 * minute)
    expect(await t.ready()).toEqual([0, 6])
  })

  test('that hangs keeps nothing from ending', async () => {
    const solve: Solve = (_, __, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    await onEu(allAtOnce, { solve })
    await t.fleet.env.advance(5 * minute)
    await t.fleet.restart()
    expect(await t.ready()).toEqual([6, 0])
  })
})
