import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleets, toProblem } from '../../test/rebalance-fleets.ts'
import { createProblem, type Problem } from './problem.ts'
import { findPrices, type Prices } from './prices.ts'
import { costOf } from './objective.ts'
import { rebalance } from './solve.ts'

function pricesOf(problem: Problem, rounds: number): Prices {
  const steps = findPrices(problem, { rounds })
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

describe('findPrices()', () => {
  test('asks nothing for room that is left over', () => {
    const problem = toProblem({
      rooms: { a: 9, b: 9 },
      workloads: { web: { replicas: 4, on: { a: { cost: 1 }, b: { cost: 2 } } } },
    })
    const { unit, bound } = pricesOf(problem, 60)
    expect([...unit]).toEqual([0, 0])
    expect(bound).toBe(4)
  })

  test('asks for scarce room what the next best costs more', () => {
    const problem = toProblem({
      rooms: { cheap: 6, dear: 90 },
      workloads: { web: { replicas: 40, on: { cheap: { cost: 1 }, dear: { cost: 3 } } } },
    })
    const { unit, bound } = pricesOf(problem, 400)
    expect(unit[0]).toBeGreaterThan(1.8)
    expect(unit[0]).toBeLessThan(2.2)
    expect(bound).toBeGreaterThan(0.95 * (6 * 1 + 34 * 3))
    expect(bound).toBeLessThanOrEqual(6 * 1 + 34 * 3)
  })

  test('bounds the cost of every placement that has as many', () => {
    fc.assert(
      fc.property(fleets({ clusters: 4, workloads: 6, replicas: 9 }), ({ workloads, clusters }) => {
        const problem = createProblem(workloads, clusters)
        const found = rebalance(problem)
        // A cluster that is overfull holds more than the bound reckons with.
        fc.pre(found.free.every((room) => room >= 0))
        expect(pricesOf({ ...problem, replicas: found.placed }, 60).bound).toBeLessThanOrEqual(costOf(found) + 1e-6)
      }),
      { numRuns: 1_000 },
    )
  })
})
