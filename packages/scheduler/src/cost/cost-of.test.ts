import { parseQuantity } from '@flotilla/machinery/quantity'
import { describe, expect, test } from 'vitest'
import { aClusterRow } from '../fixtures.ts'
import { type CostRequest, costOf } from './cost-of.ts'
import { defaultCostBook } from './default-book.ts'
import { aBook, aCarbonSheet, aPrice, aPriceSheet, aProfile } from './fixtures.ts'

const eu = aClusterRow({ name: 'eu', region: 'eu' })
const us = aClusterRow({ name: 'us', region: 'us' })

function aRequest(resourceRequest: Readonly<Record<string, string>>, more: Partial<CostRequest> = {}): CostRequest {
  return { apiVersion: 'apps/v1', kind: 'Deployment', requirements: { resourceRequest }, ...more }
}

const small = aRequest({ cpu: '500m', memory: '2Gi' })

function aShape(labels: Readonly<Record<string, string>>, cpu: string) {
  return { free: new Map([['cpu', parseQuantity(cpu)]]), labels, taints: [], count: 1 }
}

describe('costOf() price', () => {
  test('is the default where no sheet says anything: half a CPU and 2 GiB', () => {
    const costs = costOf(eu, small, defaultCostBook)
    expect(costs.price).toBeCloseTo(0.5 * 0.05 + 2 * 0.02, 12)
    expect(costs).not.toHaveProperty('priceSheet')
  })

  test('is of the first entry that selects the cluster', () => {
    const entries = [aPrice('eu', 0.1, { perGiBHour: 0.01 }), aPrice(undefined, 0.4), aPrice('us', 99)]
    const book = aBook({ priceSheets: [aPriceSheet('list', entries)] })
    expect(costOf(eu, small, book)).toEqual({ price: 0.07, priceSheet: 'list' })
    expect(costOf(us, small, book)).toEqual({ price: 0.2, priceSheet: 'list' })
  })

  test('is of the cheapest kind of node on which a replica fits', () => {
    const entries = [aPrice('eu', 0.01, { nodeSelector: { spot: 'yes' } }), aPrice('eu', 0.1)]
    const book = aBook({ priceSheets: [aPriceSheet('list', entries)] })
    const priceWith = (...shapes: readonly ReturnType<typeof aShape>[]) =>
      costOf({ ...eu, shapes }, aRequest({ cpu: '1' }), book).price
    expect(priceWith(aShape({}, '4'), aShape({ spot: 'yes' }, '4'))).toBe(0.01)
    expect(priceWith(aShape({}, '4'), aShape({ spot: 'yes' }, '500m'))).toBe(0.1)
    expect(priceWith(aShape({}, '0'), aShape({ spot: 'yes' }, '0'))).toBe(0.01)
    expect(costOf(eu, aRequest({ cpu: '1' }), book).price).toBe(0.1)
  })

  test('has extended resources in it, and is unknown where only others have a price of one', () => {
    const entries = [aPrice('eu', 0, { perResourceHour: { 'nvidia.com/gpu': 2.5 } }), aPrice('us', 0)]
    const book = aBook({ priceSheets: [aPriceSheet('list', entries)] })
    const gpus = aRequest({ 'nvidia.com/gpu': '2', 'ephemeral-storage': '1Gi', 'example.com/fuse': '1' })
    expect(costOf(eu, gpus, book).price).toBe(5)
    expect(costOf(us, gpus, book)).not.toHaveProperty('price')
    expect(costOf(us, gpus, defaultCostBook).price).toBe(0)
  })

  test('has in it what leaves the cluster', () => {
    const book = aBook({
      priceSheets: [aPriceSheet('list', [aPrice('eu', 0, { perEgressGiB: 0.09 }), aPrice('us', 0)])],
      trafficProfiles: [aProfile('users', {}, { egressGiBPerReplicaHour: 2 })],
    })
    expect(costOf(eu, small, book).price).toBeCloseTo(0.18, 12)
    expect(costOf(us, small, book)).not.toHaveProperty('price')
  })
})

describe('costOf() latency', () => {
  const places = {
    frankfurt: { share: 3, to: { eu: 10, us: 90 } },
    boston: { share: 1, to: { eu: 90, us: 20 } },
    nobody: { share: 0, to: {} },
  }

  test('is the mean of round trips, weighted by users', () => {
    const book = aBook({ trafficProfiles: [aProfile('users', places)] })
    expect(costOf(eu, small, book).latency).toBe(30)
    expect(costOf(us, small, book).latency).toBe(72.5)
  })

  test('is unknown where users have no round trip, and where no profile is about the workload', () => {
    const workloads = [{ apiVersion: 'apps/v1', kind: 'StatefulSet' }]
    const book = aBook({ trafficProfiles: [aProfile('users', places, { workloads })] })
    expect(costOf(eu, small, book)).not.toHaveProperty('latency')
    const asia = aClusterRow({ name: 'asia' })
    expect(costOf(asia, small, aBook({ trafficProfiles: [aProfile('users', places)] }))).not.toHaveProperty('latency')
  })

  test('is of the profile that names the workload most closely', () => {
    const profile = (name: string, milliseconds: number, workload?: object) =>
      aProfile(
        name,
        { here: { share: 1, to: { eu: milliseconds } } },
        workload === undefined ? {} : { workloads: [{ apiVersion: 'apps/v1', kind: 'Deployment', ...workload }] },
      )
    const trafficProfiles = [
      profile('a', 1),
      profile('b', 2, {}),
      profile('c', 3, { namespace: 'shop' }),
      profile('d', 4, { namespace: 'shop', name: 'web' }),
      profile('e', 5, { namespace: 'shop' }),
    ]
    const latency = (more: Partial<CostRequest>) =>
      costOf(eu, { ...small, ...more }, aBook({ trafficProfiles })).latency
    expect(latency({ namespace: 'shop', name: 'web' })).toBe(4)
    expect(latency({ namespace: 'shop', name: 'db' })).toBe(3)
    expect(latency({ namespace: 'lab', name: 'web' })).toBe(2)
    expect(latency({ kind: 'Job' })).toBe(1)
  })
})

describe('costOf() carbon', () => {
  test('is kilograms per hour, of 2.4 watts per CPU unless the sheet says otherwise', () => {
    const entries = [
      { targetCluster: { clusterNames: ['eu'] }, gramsPerKilowattHour: 50 },
      { targetCluster: { clusterNames: ['us'] }, gramsPerKilowattHour: 400, wattsPerCPU: 5 },
    ]
    const book = aBook({ carbonSheets: [aCarbonSheet('grid', entries)] })
    expect(costOf(eu, small, book).carbon).toBeCloseTo(0.5 * 0.0024 * 0.05, 12)
    expect(costOf(us, small, book).carbon).toBeCloseTo(0.5 * 0.005 * 0.4, 12)
    expect(costOf(aClusterRow({ name: 'asia' }), small, book)).not.toHaveProperty('carbon')
  })
})
