import type { Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { describe, expect, test } from 'vitest'
import { aBookOfPrices } from '../cost/fixtures.ts'
import { aClusterRow, aRequest } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot, type Snapshot } from '../snapshot.ts'
import type { Work } from './movable.ts'
import { type ProposedMove, proposeMoves, type ProposeOptions } from './propose.ts'

const byPrice: Placement = { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 } }
const oneCpu = { resourceRequest: { cpu: '1' } }

/** One node each, with so many CPUs free, and what a CPU costs an hour. */
function aPricedFleet(clusters: Readonly<Record<string, readonly [cpus: number, price: number]>>): Snapshot {
  const rows = Object.entries(clusters).map(([name, [cpus]]) =>
    aClusterRow({
      name,
      shapes: [{ free: new Map([['cpu', parseQuantity(cpus)]]), labels: {}, taints: [], count: 1 }],
    }),
  )
  return createSnapshot(
    rows,
    aBookOfPrices(Object.fromEntries(Object.entries(clusters).map(([name, [, price]]) => [name, price]))),
  )
}

/** Runs on clusters by name. */
function aWork(
  key: string,
  on: Readonly<Record<string, number>>,
  more: Partial<ScheduleRequest> = {},
  rest: Partial<Work> = {},
): Work {
  const replicas = Object.values(on).reduce((sum, count) => sum + count, 0)
  const clusters = Object.entries(on).map(([name, count]) => ({ name, id: `id-${name}`, replicas: count }))
  const explanation = { trigger: 'Test', inputHash: 'a.b', feasible: 1, rejected: {}, clusters: [] }
  const previous: Decision = { forHash: key, clusters, explanation }
  const request = {
    templateUID: key,
    replicas,
    requirements: oneCpu,
    placement: byPrice,
    isGrowthReady: true,
    previous,
  }
  return { key, priority: 0, request: aRequest({ ...request, ...more }), ...rest }
}

function nameMove({ key, from = 'nowhere', to, replicas }: ProposedMove): string {
  return `${key} ${replicas}: ${from} > ${to}`
}

const table: readonly {
  name: string
  fleet: Snapshot
  works: readonly Work[]
  options?: ProposeOptions
  waves: readonly (readonly string[])[]
  cost?: readonly [before: number, after: number]
  staying?: Readonly<Record<string, number>>
}[] = [
  {
    name: 'moves to the cluster that has become cheaper',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 1] }),
    works: [aWork('web', { dear: 4 })],
    waves: [['web 4: dear > cheap']],
    cost: [40, 4],
  },
  {
    name: 'moves as many as have room',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [3, 1] }),
    works: [aWork('web', { dear: 4 })],
    waves: [['web 3: dear > cheap']],
    cost: [40, 13],
  },
  {
    name: 'moves no more than the budget',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 1] }),
    works: [aWork('web', { dear: 4 })],
    options: { maxReplicas: 2 },
    waves: [['web 2: dear > cheap']],
    cost: [40, 22],
  },
  {
    name: 'leaves what would save less than half of what a replica costs',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 6] }),
    works: [aWork('web', { dear: 4 })],
    waves: [],
    cost: [40, 40],
  },
  {
    name: 'moves more with a wider gate',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 6] }),
    works: [aWork('web', { dear: 4 })],
    options: { gate: 3 },
    waves: [['web 4: dear > cheap']],
  },
  {
    name: 'goes by the gate of a work rather than by that of all',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 6] }),
    works: [aWork('web', { dear: 2 }, {}, { gate: 3 }), aWork('api', { dear: 2 })],
    waves: [['web 2: dear > cheap']],
  },
  {
    name: 'moves no more of each than its allowance',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 1] }),
    works: [
      aWork('a1', { dear: 2 }, {}, { budget: 'a' }),
      aWork('a2', { dear: 2 }, {}, { budget: 'a' }),
      aWork('b', { dear: 2 }, {}, { budget: 'b' }),
      aWork('c', { dear: 2 }),
    ],
    options: {
      allowances: new Map([
        ['a', 3],
        ['b', 0],
      ]),
    },
    waves: [['a1 2: dear > cheap', 'a2 1: dear > cheap', 'c 2: dear > cheap']],
  },
  {
    name: 'leaves alone what is kept, and what has only just come',
    fleet: aPricedFleet({ dear: [0, 10], middling: [0, 10], cheap: [9, 1] }),
    works: [
      aWork('kept', { dear: 2 }, {}, { kept: 'kept' }),
      aWork('half', { dear: 1, middling: 1 }, {}, { staysOn: new Set(['id-middling']) }),
    ],
    waves: [['half 1: dear > cheap']],
    staying: { kept: 1 },
  },
  {
    name: 'takes no room that is reserved',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [4, 1] }),
    works: [aWork('web', { dear: 4 })],
    options: { reservedOn: (id) => (id === 'id-cheap' ? [{ replicas: 3, requirements: oneCpu }] : []) },
    waves: [['web 1: dear > cheap']],
  },
  {
    name: 'leaves alone what does not go by costs, by load, by tiers, in company, or moves already',
    fleet: aPricedFleet({ dear: [0, 10], cheap: [9, 1] }),
    works: [
      aWork('even', { dear: 1 }, { placement: { replicaScheduling: { replicaSchedulingType: 'Divided' } } }),
      aWork('load', { dear: 1 }, { placement: { ...byPrice, objective: { price: 1, load: 1 } } }),
      aWork('job', { dear: 1 }, { completions: 5 }),
      aWork('growing', { dear: 1 }, { isGrowthReady: false }),
      aWork(
        'tiers',
        { dear: 1 },
        { placement: { ...byPrice, clusterAffinities: [{ affinityName: 'a' }, { affinityName: 'b' }] } },
      ),
    ],
    waves: [],
    cost: [0, 0],
    staying: {
      'not placed by costs': 1,
      'placed by load, which moves with it': 1,
      'nothing to move': 1,
      'moving already': 1,
      'placed by tiers': 1,
    },
  },
  {
    name: 'leaves alone what a spread constraint keeps apart',
    fleet: aPricedFleet({ a: [9, 10], b: [9, 1] }),
    works: [
      aWork(
        'web',
        { a: 2, b: 2 },
        {
          placement: {
            ...byPrice,
            spreadConstraints: [{ spreadByField: 'cluster', minGroups: 2, maxSharePercent: 50 }],
          },
        },
      ),
    ],
    waves: [],
    staying: { "kept by its policy's rules": 1 },
  },
  {
    name: 'moves what is aggregated as a whole, never to more clusters',
    fleet: aPricedFleet({ dear: [9, 10], cheap: [9, 1] }),
    works: [
      aWork(
        'web',
        { dear: 4 },
        {
          placement: {
            replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
            objective: { price: 1 },
          },
        },
      ),
    ],
    waves: [['web 4: dear > cheap']],
  },
  {
    name: 'leaves what is aggregated where it would need more clusters',
    fleet: aPricedFleet({ dear: [9, 10], cheap: [3, 1] }),
    works: [
      aWork(
        'web',
        { dear: 4 },
        {
          placement: {
            replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
            objective: { price: 1 },
          },
        },
      ),
    ],
    waves: [],
    staying: { "kept by its policy's rules": 1 },
  },
  {
    name: 'stays off clusters that filters reject',
    fleet: createSnapshot(
      [...aPricedFleet({ dear: [0, 10], cheap: [9, 1] }).clusters].map((row) => ({
        ...row,
        ready: row.name === 'dear',
      })),
      aBookOfPrices({ dear: 10, cheap: 1 }),
    ),
    works: [aWork('web', { dear: 4 })],
    waves: [],
    cost: [40, 40],
  },
]

describe('proposeMoves()', () => {
  test.each(table)('$name', ({ fleet, works, options, waves, cost, staying = {} }) => {
    const proposal = proposeMoves(works, fleet, options)
    expect(proposal.waves.map((wave) => wave.map(nameMove))).toEqual(waves)
    expect(Object.fromEntries(proposal.staying)).toEqual(staying)
    if (cost) expect([proposal.cost.before, proposal.cost.after]).toEqual(cost.map((each) => expect.closeTo(each, 6)))
  })

  test('says what is over the budget, and what would save too little', () => {
    const fleet = aPricedFleet({ dear: [0, 10], cheap: [9, 1], middling: [9, 9] })
    const works = [
      aWork('web', { dear: 4 }),
      aWork('api', { dear: 2 }, { placement: { ...byPrice, clusterAffinity: { clusterNames: ['dear', 'middling'] } } }),
    ]
    const { left, gated, replicas, currency } = proposeMoves(works, fleet, { maxReplicas: 3 })
    expect(left.map(nameMove)).toEqual(['web 1: dear > cheap'])
    expect(gated).toEqual({ replicas: 2, saving: expect.closeTo(2, 6) })
    expect({ replicas, currency }).toEqual({ replicas: 6, currency: 'USD' })
  })

  test('has the scheduler decide what its first wave asks for, and then proposes nothing more', () => {
    const fleet = aPricedFleet({ dear: [0, 10], cheap: [3, 1] })
    const work = aWork('web', { dear: 4 })
    const { next } = proposeMoves([work], fleet)
    const target = next.get('web') ?? new Map<string, number>()
    const moved = schedule({ ...work.request, target }, fleet, { trigger: 'Test' })
    expect(moved.clusters.map(({ name, replicas, from }) => [name, replicas, from])).toEqual([
      ['cheap', 3, 0],
      ['dear', 1, 4],
    ])
    expect(
      proposeMoves([aWork('web', { cheap: 3, dear: 1 })], aPricedFleet({ dear: [3, 10], cheap: [0, 1] })).waves,
    ).toEqual([])
  })
})
