import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleets, type Given, toProblem } from '../../test/rebalance-fleets.ts'
import { Assignment } from './assignment.ts'
import { type Move, movesBetween } from './moves.ts'
import { createProblem, type Problem } from './problem.ts'
import { rebalance } from './solve.ts'
import { type Budget, planWaves } from './waves.ts'

/** `WORKLOAD REPLICAS: FROM > TO`, `SAVING` of one besides. */
function nameMove({ workloads, clusters, cluster }: Problem, { workload, from, to, replicas, saving }: Move): string {
  const place = (option: number) => clusters[cluster[option]!]
  return `${workloads[workload]} ${replicas}: ${from === undefined ? 'nowhere' : place(from)} > ${place(to)}, ${saving}`
}

const twoClusters: Given = {
  rooms: { dear: 9, cheap: 9 },
  workloads: {
    little: { replicas: 3, on: { dear: { cost: 2, runs: 3 }, cheap: { cost: 1 } } },
    much: { replicas: 3, on: { dear: { cost: 9, runs: 3 }, cheap: { cost: 1 } } },
  },
}

/** Both are each where the other is cheaper, with `spare` room on each cluster. */
function crossed(spare: number): Given {
  return {
    rooms: { a: 2 + spare, b: 2 + spare },
    workloads: {
      one: { replicas: 2, on: { a: { cost: 3, runs: 2 }, b: { cost: 1 } } },
      other: { replicas: 2, on: { a: { cost: 1 }, b: { cost: 4, runs: 2 } } },
    },
  }
}

const makesRoom: Given = {
  rooms: { a: 2, b: 2 },
  workloads: {
    flexible: { replicas: 2, on: { a: { cost: 1, runs: 2 }, b: { cost: 50 } } },
    picky: { replicas: 2, on: { a: { cost: 1 } } },
  },
}

/** The saving one needs room that the other leaves, at a loss. */
function atALoss(request: number): Given {
  return {
    rooms: { a: 2, b: 9, c: 9 },
    workloads: {
      flexible: { replicas: 2, on: { a: { cost: 1, runs: 2 }, b: { cost: 2 } } },
      saving: { replicas: 1, request, on: { a: { cost: 1 }, c: { cost: 9, runs: 1 } } },
    },
  }
}

const table: readonly {
  name: string
  given: Given
  budget?: Budget
  waves: readonly (readonly string[])[]
  left?: readonly string[]
}[] = [
  {
    name: 'moves first what saves most',
    given: twoClusters,
    waves: [['much 3: dear > cheap, 8', 'little 3: dear > cheap, 1']],
  },
  {
    name: 'moves as many as the budget allows',
    given: twoClusters,
    budget: { maxReplicas: 4 },
    waves: [['much 3: dear > cheap, 8', 'little 1: dear > cheap, 1']],
    left: ['little 2: dear > cheap, 1'],
  },
  {
    name: 'moves a share of each workload, rounded up',
    given: twoClusters,
    budget: { maxSharePercent: 50 },
    waves: [['much 2: dear > cheap, 8', 'little 2: dear > cheap, 1']],
    left: ['much 1: dear > cheap, 8', 'little 1: dear > cheap, 1'],
  },
  {
    name: 'exchanges in waves through the room that there is',
    given: crossed(1),
    waves: [
      ['other 1: b > a, 3', 'one 1: a > b, 2'],
      ['other 1: b > a, 3', 'one 1: a > b, 2'],
    ],
  },
  {
    name: 'leaves an exchange that never finds room for both copies',
    given: crossed(0),
    waves: [],
    left: ['other 2: b > a, 3', 'one 2: a > b, 2'],
  },
  {
    name: 'moves what makes room before what comes',
    given: makesRoom,
    waves: [['flexible 2: a > b, -49'], ['picky 2: nowhere > a, 0']],
  },
  {
    name: 'makes no room for what cannot come within the budget',
    given: makesRoom,
    budget: { maxReplicas: 0 },
    waves: [],
    left: ['picky 2: nowhere > a, 0', 'flexible 2: a > b, -49'],
  },
  {
    name: 'keeps half of the budget for what comes where room is made',
    given: atALoss(1),
    budget: { maxReplicas: 2 },
    waves: [['flexible 1: a > b, -1'], ['saving 1: c > a, 8']],
  },
  {
    name: 'makes no room where the budget ends before there is enough',
    given: atALoss(2),
    budget: { maxReplicas: 2 },
    waves: [],
    left: ['saving 1: c > a, 8', 'flexible 1: a > b, -1', 'flexible 1: a > b, -1'],
  },
  {
    name: 'places what has no place whatever the budget, the highest priority first',
    given: {
      rooms: { a: 9 },
      workloads: {
        low: { replicas: 2, on: { a: { cost: 1 } } },
        high: { replicas: 2, priority: 1, on: { a: { cost: 1 } } },
      },
    },
    budget: { maxReplicas: 0 },
    waves: [['high 2: nowhere > a, 0', 'low 2: nowhere > a, 0']],
  },
]

describe('planWaves()', () => {
  test.each(table)('$name', ({ given, budget, waves, left = [] }) => {
    const problem = toProblem(given)
    const plan = planWaves(problem, movesBetween(rebalance(problem)), budget)
    expect(plan.waves.map((wave) => wave.map((move) => nameMove(problem, move)))).toEqual(waves)
    expect(plan.left.map((move) => nameMove(problem, move))).toEqual(left)
  })

  test('has room for both copies of everything that moves in a wave, and keeps the budget', () => {
    fc.assert(
      fc.property(fleets({ clusters: 5, workloads: 8, replicas: 12 }), budgets, ({ workloads, clusters }, budget) => {
        const problem = createProblem(workloads, clusters)
        const { waves } = planWaves(problem, movesBetween(rebalance(problem)), budget)
        const now = new Assignment(problem)
        const moved = new Map<number, number>()
        for (const wave of waves) {
          const before = now.copy()
          for (const { from, to, replicas, workload } of wave) {
            expect(now.fit(to)).toBeGreaterThanOrEqual(replicas)
            now.add(to, replicas)
            if (from !== undefined) moved.set(workload, (moved.get(workload) ?? 0) + replicas)
          }
          for (const { from, replicas } of wave) if (from !== undefined) now.add(from, -replicas)
          expect(now.placed.every((count, workload) => count >= before.placed[workload]!)).toBe(true)
        }
        expect([...moved.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(
          budget.maxReplicas ?? Infinity,
        )
        for (const [workload, count] of moved) {
          expect(count).toBeLessThanOrEqual(
            Math.ceil((problem.replicas[workload]! * (budget.maxSharePercent ?? 100)) / 100),
          )
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('neither loses nor adds a move', () => {
    fc.assert(
      fc.property(fleets({ clusters: 5, workloads: 8, replicas: 12 }), budgets, ({ workloads, clusters }, budget) => {
        const problem = createProblem(workloads, clusters)
        const moves = movesBetween(rebalance(problem))
        const { waves, left } = planWaves(problem, moves, budget)
        const sums = (list: readonly Move[]) => {
          const sum = new Map<string, number>()
          for (const { workload, from, to, replicas } of list) {
            const key = `${workload} ${from} ${to}`
            sum.set(key, (sum.get(key) ?? 0) + replicas)
          }
          return Object.fromEntries(sum)
        }
        expect(sums([...waves.flat(), ...left])).toEqual(sums(moves))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('movesBetween()', () => {
  test('leads from what runs to the placement', () => {
    fc.assert(
      fc.property(fleets({ clusters: 5, workloads: 8, replicas: 12 }), ({ workloads, clusters }) => {
        const problem = createProblem(workloads, clusters)
        const target = rebalance(problem)
        const now = new Assignment(problem)
        for (const { from, to, replicas } of movesBetween(target)) {
          now.add(to, replicas)
          if (from !== undefined) now.add(from, -replicas)
        }
        expect(now.replicas).toEqual(target.replicas)
      }),
      { numRuns: 1_000 },
    )
  })
})

const budgets: fc.Arbitrary<Budget> = fc.record(
  { maxReplicas: fc.nat({ max: 30 }), maxSharePercent: fc.integer({ min: 1, max: 100 }) },
  { requiredKeys: [] },
)
