import { describe, expect, test } from 'vitest'
import { aClusterRow } from '../fixtures.ts'
import type { ClusterRow } from '../snapshot.ts'
import { aBook, aBookOfPrices, aCarbonSheet, aProfile } from './fixtures.ts'
import { constantLoad, loadOn, withRequests } from './load.ts'
import { nextCost, objectiveOf, weighCosts } from './objective.ts'

const one = { apiVersion: 'apps/v1', kind: 'Deployment', requirements: { resourceRequest: { cpu: '1' } } }
const [eu, us, ap] = ['eu', 'us', 'ap'].map((name) => aClusterRow({ name })) as [ClusterRow, ClusterRow, ClusterRow]

/** CPUs requested of 100; memory does not matter. */
function used(cpus: number): Pick<ClusterRow, 'resources'> {
  return {
    resources: { cpus: { allocatable: 100, requested: cpus }, memoryGiB: { allocatable: 1000, requested: 0 } },
  }
}

const nothing = constantLoad(0)

test('objectiveOf() is undefined where nothing is weighed', () => {
  expect(objectiveOf({})).toBeUndefined()
  expect(objectiveOf({ objective: { price: 0 } })).toBeUndefined()
  expect(objectiveOf({ objective: { load: 1 } })).toEqual({ load: 1 })
})

describe('weighCosts()', () => {
  test('adds up what the terms are worth', () => {
    const book = {
      ...aBookOfPrices({ eu: 0.1 }),
      ...aBook({
        trafficProfiles: [aProfile('users', { here: { share: 1, to: { eu: 30 } } })],
        carbonSheets: [aCarbonSheet('grid', [{ targetCluster: {}, gramsPerKilowattHour: 500, wattsPerCPU: 4 }])],
      }),
      prices: aBookOfPrices({ eu: 0.1 }).prices,
    }
    const [costs] = weighCosts({ price: 2, latency: 0.001, carbon: 0.5 }, one, book, [eu])
    expect(costs?.fixed).toBeCloseTo(2 * 0.1 + 0.001 * 30 + 0.5 * 0.002, 12)
    expect(costs?.unknown).toEqual([])
  })

  test('counts what is not known as the worst that is known of rivals', () => {
    const book = aBook({ trafficProfiles: [aProfile('users', { here: { share: 1, to: { eu: 10, us: 70 } } })] })
    const weighed = weighCosts({ latency: 1 }, one, book, [ap, eu, us])
    expect(weighed.map(({ fixed }) => fixed)).toEqual([70, 10, 70])
    expect(weighed.map(({ unknown }) => unknown)).toEqual([['latency'], [], []])
    expect(weighCosts({ latency: 1 }, one, book, [ap, eu, us], (index) => index < 2)[0]?.fixed).toBe(10)
  })

  test('counts what nobody knows as nothing', () => {
    const [costs] = weighCosts({ carbon: 9, load: 3 }, one, aBook({}), [eu])
    expect(costs).toMatchObject({ fixed: 0, unknown: ['carbon', 'load'] })
    expect(costs && nextCost(costs)).toBe(0)
  })

  test('counts load that is not known as the worst that is known', () => {
    const weighed = weighCosts({ load: 1 }, one, aBook({}), [eu, { ...us, ...used(99) }, { ...ap, ...used(10) }])
    expect(weighed.map(nextCost)).toEqual([1, 1, 0])
  })
})

describe('loadOn()', () => {
  test('cost nothing up to 70 % of the fuller resource, then ten rising steps', () => {
    const { steps } = loadOn({ ...eu, ...used(50) }, one.requirements) ?? nothing
    expect(steps.map(({ upTo }) => upTo)).toEqual([20, 23, 26, 29, 32, 35, 38, 41, 44, 47, Infinity])
    expect(steps.map(({ penalty }) => Math.round(penalty * 100))).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100])
  })

  test('count what was decided and does not show yet, and go below what is there', () => {
    const reserved = [{ replicas: 30, requirements: one.requirements }]
    expect(loadOn({ ...eu, ...used(50) }, one.requirements, reserved)?.steps[0]).toEqual({ penalty: 0, upTo: -10 })
  })

  test('do not change with replicas that ask for nothing', () => {
    const { next, steps } = loadOn({ ...eu, ...used(80) }, {}) ?? nothing
    expect(next).toBeCloseTo(0.16, 12)
    expect(steps.every(({ upTo }) => !Number.isFinite(upTo))).toBe(true)
  })

  test('rise with replicas that arrive, and fall with those that leave', () => {
    const row = { ...eu, ...used(50) }
    const firstOf = (cluster: ClusterRow) => loadOn(cluster, one.requirements)?.steps[0]?.upTo
    expect(firstOf(withRequests(row, one.requirements, 15))).toBe(5)
    expect(firstOf(withRequests(row, one.requirements, -15))).toBe(35)
    expect(withRequests(eu, one.requirements, 15)).toBe(eu)
  })

  test('are not known where the cluster does not say what it has', () => {
    expect(loadOn(eu, one.requirements)).toBeUndefined()
  })
})
