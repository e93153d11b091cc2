import { parseQuantity } from '@flotilla/machinery/quantity'
import { describe, expect, test } from 'vitest'
import { aBook, aBookOfPrices, aCarbonSheet, aPriceSheet, aPrice, aProfile } from '../cost/fixtures.ts'
import { defaultCostBook } from '../cost/default-book.ts'
import { aggregated, byRoom, byWeight } from '../fixtures.ts'
import type { ShapeRow } from '../snapshot.ts'
import { asking, aWork, withNodes } from './fixtures.ts'
import type { Fleet, Work } from './fleet.ts'
import { addLike, drainCluster, loseCluster, scaleLoad, withCluster } from './patches.ts'
import { planChange } from './plan.ts'
import { scalePrices } from './scale-prices.ts'
import { settle } from './settle.ts'
import { changedParts } from './snapshot-name.ts'
import { vacate } from './vacate.ts'

/** Settled; two clusters of two nodes with four CPUs each. */
function aFleet(works: readonly Work[], more: Partial<Fleet> = {}): Fleet {
  const clusters = ['eu', 'us'].map((name) => withNodes(name, [4, 4]))
  return settle({ clusters, book: defaultCostBook, works, ...more })
}

function planned(now: Fleet, change: (fleet: Fleet) => Fleet) {
  return planChange(now, change(now), 'change').status
}

/** `CLUSTER: FROM -> TO` by workload. */
function movesOf({ workloads }: ReturnType<typeof planned>) {
  return Object.fromEntries(
    workloads.map(({ workload, moves }) => [
      workload.name,
      moves.map(({ cluster, from, to }) => `${cluster}: ${from} -> ${to}`),
    ]),
  )
}

describe('planChange()', () => {
  test('moves what a drained cluster has, and gives its room to nobody', () => {
    const now = aFleet([aWork('web', { placement: byRoom, replicas: 6, ...asking(1) })])
    const status = planned(now, (fleet) => drainCluster(fleet, 'eu'))
    expect(movesOf(status)).toEqual({ web: ['eu: 3 -> 0', 'us: 3 -> 6'] })
    expect(status.totals).toEqual({
      workloads: 1,
      moved: 3,
      added: 0,
      removed: 0,
      missing: { from: 0, to: 0 },
      emptied: ['eu'],
    })
  })

  test('lets who waits have the room that others leave, the most important first', () => {
    const waiting = (name: string, priority: number) =>
      aWork(name, { placement: byRoom, replicas: 3, ...asking(4) }, { priority })
    const big = aWork('big', { placement: byRoom, replicas: 4, ...asking(4) }, { priority: 9 })
    const now = aFleet([big, waiting('late', 0), waiting('early', 1)])
    const status = planned(now, (fleet) => scaleLoad(fleet, 0, ({ workload }) => workload.name === 'big'))
    expect(status.workloads.map(({ workload, missing }) => [workload.name, missing])).toEqual([
      ['big', { from: 0, to: 0 }],
      ['early', { from: 3, to: 0 }],
      ['late', { from: 3, to: 2 }],
    ])
  })

  test('says what would stay Pending where room does not bound, and that what waits for it stays', () => {
    const now = aFleet([aWork('web', { placement: byWeight({ eu: 1 }), replicas: 8, ...asking(1) })])
    const place = (work: Work) => ({ ...work, request: { ...work.request, placement: byWeight({ us: 1 }) } })
    const full = { ...now, clusters: [...now.clusters.filter(({ name }) => name !== 'us'), withNodes('us', [3, 2])] }
    const [web] = planChange(full, { ...full, works: full.works.map(place) }, '').status.workloads
    expect(web?.pending).toEqual([{ cluster: 'us', replicas: 3 }])
    const [work] = settle({ ...full, works: full.works.map(place) }).works
    expect(work?.request.previous?.clusters.map(({ name, from }) => [name, from])).toEqual([
      ['eu', 8],
      ['us', 0],
    ])
  })

  test('counts objects without replicas as one on each cluster', () => {
    const { replicas: _, ...request } = aWork('config', {}).request
    const now = aFleet([{ ...aWork('config'), request }])
    const status = planned(now, (fleet) => loseCluster(fleet, 'us'))
    expect(movesOf(status)).toEqual({ config: ['us: 1 -> 0'] })
  })

  test('leaves what no policy selects any more where it is', () => {
    const now = aFleet([aWork('web', { placement: byRoom, replicas: 6, ...asking(1) })])
    const { policy: _, ...orphan } = now.works[0] as Work
    const status = planned({ ...now, works: [orphan] }, (fleet) => drainCluster(fleet, 'eu'))
    expect(status.workloads).toEqual([])
  })

  test('uses a cluster that is like another', () => {
    const now = aFleet([aWork('web', { placement: byRoom, replicas: 20, ...asking(1) })])
    const status = planned(now, (fleet) =>
      addLike({ ...fleet, clusters: [...fleet.clusters, withNodes('ap', [4])] }, 'ap-2', 'ap'),
    )
    expect(status.totals).toMatchObject({ added: 4, missing: { from: 4, to: 0 } })
  })

  test('asks those again whose neighbours have moved', () => {
    const works = ['first', 'second'].map((name) => aWork(name, { placement: aggregated, replicas: 1, ...asking(1) }))
    const prepareNeighbours = () => {
      const placed = new Map<string, readonly string[]>()
      return {
        of: (key: string) => {
          const others = [...placed].filter(([other]) => other !== key)
          const residents = new Map(
            others.flatMap(([other, ids]) => ids.map((id) => [id, new Map([[other, other]])] as const)),
          )
          return {
            name: key,
            avoidedBy: [],
            antiAffinity: { group: 'all', topology: { spreadByField: 'cluster' as const }, residents },
          }
        },
        tell: (key: string, decision: Work['request']['previous']) => {
          placed.set(
            key,
            (decision?.clusters ?? []).map(({ id }) => id),
          )
          return placed.keys()
        },
      }
    }
    const now = aFleet(works, { prepareNeighbours })
    const clusters = now.works.map(({ request }) => request.previous?.clusters.map(({ name }) => name))
    expect(new Set(clusters.flat())).toEqual(new Set(['eu', 'us']))
    const status = planned(now, (fleet) => loseCluster(fleet, String(clusters[0])))
    expect(status.workloads.map(({ missing }) => missing)).toEqual([{ from: 0, to: 1 }])
  })
})

describe('totals.costs', () => {
  const web = aWork('web', { placement: byRoom, replicas: 4, ...asking(1) })

  test('are absent where nobody has said what anything costs', () => {
    expect(planned(aFleet([web]), (fleet) => drainCluster(fleet, 'eu')).totals.costs).toBeUndefined()
  })

  test('are the sums over all replicas, before and after', () => {
    const book = aBook({
      priceSheets: [aPriceSheet('prices', [aPrice('eu', 0.1), aPrice('us', 0.2)], { currency: 'EUR' })],
      carbonSheets: [aCarbonSheet('grid', [{ targetCluster: {}, gramsPerKilowattHour: 500, wattsPerCPU: 4 }])],
      trafficProfiles: [aProfile('users', { home: { share: 1, to: { eu: 10, us: 30 } } })],
    })
    const now = aFleet([web], { book })
    expect(planned(now, (fleet) => drainCluster(fleet, 'eu')).totals.costs).toEqual({
      currency: 'EUR',
      price: { from: 0.6, to: 0.8 },
      carbon: { from: 0.008, to: 0.008 },
      latency: { from: 20, to: 30 },
    })
  })

  test('grow with prices, on the clusters that are meant', () => {
    const now = aFleet([web], { book: aBookOfPrices({ eu: 0.1 }) })
    const price = (names: readonly string[] | undefined) =>
      planned(now, (fleet) => scalePrices(fleet, 2, names)).totals.costs?.price
    expect(price(undefined)).toEqual({ from: 0.3, to: 0.6 })
    expect(price(['eu'])).toEqual({ from: 0.3, to: 0.5 })
    expect(price(['us'])).toEqual({ from: 0.3, to: 0.4 })
  })

  test('lead what is added to where it is cheapest then', () => {
    const placement = { replicaScheduling: { replicaSchedulingType: 'Divided' as const }, objective: { price: 1 } }
    const now = aFleet([aWork('web', { placement, replicas: 2, ...asking(1) })], {
      book: aBookOfPrices({ eu: 0.1, us: 0.15 }),
    })
    const more = (fleet: Fleet) => scaleLoad(fleet, 2, () => true)
    expect(movesOf(planned(now, more))).toEqual({ web: ['eu: 2 -> 4'] })
    expect(movesOf(planned(now, (fleet) => more(scalePrices(fleet, 2, ['eu']))))).toEqual({ web: ['us: 0 -> 2'] })
  })
})

describe('vacate()', () => {
  const shape = (cpu: number, count: number): ShapeRow => ({
    free: new Map([['cpu', parseQuantity(cpu)]]),
    labels: {},
    taints: [],
    count,
  })
  const freed = (shapes: readonly ShapeRow[], replicas: number) =>
    vacate(shapes, { replicas, ...asking(2) }).map(({ free, count }) => [count, Number(free.get('cpu')?.nanos) / 1e9])

  test('gives as much back on each node, and what is left over on the fullest', () => {
    expect(freed([shape(4, 2), shape(1, 1)], 7)).toEqual([
      [1, 7],
      [2, 8],
    ])
    expect(freed([shape(1, 3)], 4)).toEqual([
      [1, 5],
      [2, 3],
    ])
  })

  test('gives nothing back where no node could have had it', () => {
    const tainted = { ...shape(4, 1), taints: [{ key: 'gpu', effect: 'NoSchedule' as const }] }
    expect(freed([tainted], 3)).toEqual([[1, 4]])
  })
})

describe('patches', () => {
  const now = aFleet([aWork('web', { replicas: 3 })])

  test.each([
    ['an unknown cluster lost', () => loseCluster(now, 'ap'), 'it is not registered; registered: eu, us'],
    ['an unknown cluster drained', () => drainCluster(now, 'ap'), 'it is not registered'],
    ['one that is like itself', () => addLike(now, 'eu', 'eu'), 'there is one of this name, id-eu'],
    ['load of nobody', () => scaleLoad(now, 2, () => false), 'no workload with replicas is meant by it'],
    ['load past all bounds', () => scaleLoad(now, 1e9, () => true), 'web would have 3000000000 replicas'],
  ])('refuse %s', (_, patch, want) => {
    expect(patch).toThrow(want)
  })

  test('scaleLoad() rounds up what people mean', () => {
    const replicas = (factor: number) => scaleLoad(now, factor, () => true).works[0]?.request.replicas
    expect([0, 0.1, 1, 1.1, 1.5, 2].map(replicas)).toEqual([0, 1, 3, 4, 5, 6])
    const ten = aFleet([aWork('ten', { replicas: 10 })])
    expect(scaleLoad(ten, 1.1, () => true).works[0]?.request.replicas).toBe(11)
  })

  test('withCluster() replaces the one of its id', () => {
    const [eu] = now.clusters
    expect(
      withCluster(now, { ...eu!, labels: { a: 'b' } })
        .clusters.map(({ name }) => name)
        .sort(),
    ).toEqual(['eu', 'us'])
  })
})

describe('changedParts()', () => {
  const now = aFleet([aWork('web', { placement: byWeight({ eu: 1, us: 1 }), replicas: 4 })])
  const nameOf = (fleet: Fleet, change = 'c') => planChange(fleet, loseCluster(fleet, 'us'), change).status.snapshot
  const work = (patch: Partial<Work['request']>): Fleet => ({
    ...now,
    works: now.works.map((each) => ({ ...each, request: { ...each.request, ...patch } })),
  })
  const labelled = { ...now, clusters: now.clusters.map((row) => ({ ...row, labels: { a: 'b' } })) }
  const fuller = { ...now, clusters: now.clusters.map((row) => ({ ...row, ...withNodes(row.name, [9]), id: row.id })) }

  test.each([
    ['nothing', nameOf(now), []],
    ['a label', nameOf(labelled), ['clusters']],
    ['free room that moves nothing else', nameOf(fuller), []],
    ['replicas', nameOf(work({ replicas: 6 })), ['workloads and their decisions', 'moves']],
    ['a policy', nameOf(work({ placement: byWeight({ eu: 1, us: 2 }) })), ['policies']],
    ['what is asked', nameOf(now, 'd'), ['the change that is asked about']],
  ])('names what changed: %s', (_, name, want) => {
    expect(changedParts(nameOf(now), name)).toEqual(want)
  })
})
