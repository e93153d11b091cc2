import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aClusterRow } from '../fixtures.ts'
import type { Reservation } from '../occupy.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { CostBook } from './book.ts'
import { costOf } from './cost-of.ts'
import { aBook, aCarbonSheet, aPrice, aPriceSheet, aProfile } from './fixtures.ts'
import { constantLoad, loadOn } from './load.ts'
import { type ClusterCosts, type Objective, type ObjectiveRequest, type Term, weighCosts } from './objective.ts'

const names = ['a', 'b', 'c', 'd'] as const
const book = aBook({
  priceSheets: [
    aPriceSheet('prices', [
      aPrice('a', 1),
      aPrice('b', 2, { perResourceHour: { 'example.com/gpu': 3 } }),
      aPrice('c', 3, { perEgressGiB: 1 }),
    ]),
  ],
  trafficProfiles: [aProfile('users', { here: { share: 1, to: { a: 10, b: 90 } } }, { egressGiBPerReplicaHour: 1 })],
  carbonSheets: [aCarbonSheet('grid', [{ targetCluster: { clusterNames: ['a', 'd'] }, gramsPerKilowattHour: 500 }])],
})

const terms = ['price', 'latency', 'carbon'] as const

/** Each term of each cluster by itself, on a copy of the cluster of which nothing is known yet. */
function weighSlowly(
  objective: Objective,
  request: ObjectiveRequest,
  clusters: readonly ClusterRow[],
  isRival: (index: number) => boolean,
): readonly Omit<ClusterCosts, 'hash'>[] {
  const { requirements, reservedOn } = request
  const unseen: CostBook = { ...book }
  const known = clusters.map((cluster) => {
    const row = { ...cluster }
    const reserved = [...(reservedOn?.(cluster.id) ?? [])]
    const isWeighed = (objective.load ?? 0) > 0
    return {
      costs: costOf(row, request, unseen),
      load: isWeighed ? loadOn(row, requirements, reserved) : constantLoad(0),
    }
  })
  const rivals = known.filter((_, index) => isRival(index))
  const worst = (term: (typeof terms)[number]) => Math.max(0, ...rivals.map(({ costs }) => costs[term] ?? 0))
  const worstLoad = constantLoad(Math.max(0, ...rivals.map(({ load }) => load?.next ?? 0)))
  return known.map(({ costs, load }) => {
    const weighed = terms.filter((term) => (objective[term] ?? 0) > 0)
    const missing: readonly Term[] = weighed.filter((term) => costs[term] === undefined)
    return {
      costs,
      fixed: weighed.reduce((sum, term) => sum + (objective[term] ?? 0) * (costs[term] ?? worst(term)), 0),
      load: load ?? worstLoad,
      loadWeight: objective.load ?? 0,
      unknown: load === undefined ? [...missing, 'load'] : missing,
    }
  })
}

const anyCluster = fc.record({
  name: fc.constantFrom(...names),
  requested: fc.option(fc.nat(12), { nil: undefined }),
})

const anyWeight = fc.constantFrom(0, 0, 1, 2)
const anyAsk = fc.record({
  objective: fc.record({ price: anyWeight, latency: anyWeight, carbon: anyWeight, load: anyWeight }),
  requirements: fc.constantFrom(
    undefined,
    { resourceRequest: { cpu: '1' } },
    { resourceRequest: { cpu: '500m', memory: '1Gi', 'example.com/gpu': '1' } },
  ),
  reserved: fc.array(fc.record({ on: fc.nat(3), replicas: fc.integer({ min: 1, max: 3 }) }), { maxLength: 2 }),
  rivals: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
})

test('weighCosts() is what weighing each cluster by itself gives, whatever was weighed before', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyCluster, { selector: ({ name }) => name, minLength: 1 }),
      fc.array(anyAsk, { minLength: 1, maxLength: 4 }),
      (given, asks) => {
        const clusters = given.map(({ name, requested }) => {
          const use = { allocatable: 10, requested: requested ?? 0 }
          return aClusterRow({ name, ...(requested === undefined ? {} : { resources: { cpus: use, memoryGiB: use } }) })
        })
        const objectives = new Map<string, Objective>()
        for (const { objective, requirements, reserved, rivals } of asks) {
          // The same object for the same weights, as a policy has it.
          const key = JSON.stringify(objective)
          const same = objectives.get(key) ?? objective
          objectives.set(key, same)
          const each: Reservation = requirements ? { replicas: 1, requirements } : { replicas: 1 }
          const lists = new Map(
            reserved.map(({ on, replicas }) => [clusters[on]?.id ?? '', [{ ...each, replicas }]] as const),
          )
          const request: ObjectiveRequest = {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            ...(requirements ? { requirements } : {}),
            ...(lists.size > 0 ? { reservedOn: (id) => lists.get(id) ?? [] } : {}),
          }
          const isRival = (index: number) => rivals[index] === true
          const fast = weighCosts(same, request, book, clusters, isRival)
          expect(fast.map(({ hash: _, ...rest }) => rest)).toEqual(weighSlowly(same, request, clusters, isRival))
        }
      },
    ),
    { numRuns: 1000 },
  )
})
