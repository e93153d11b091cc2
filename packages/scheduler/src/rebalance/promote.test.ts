import { describe, expect, test } from 'vitest'
import { type Given, placementOf, toProblem } from '../../test/rebalance-fleets.ts'
import { Assignment } from './assignment.ts'
import { levelsOf } from './objective.ts'
import { promote } from './promote.ts'
import { violationsOf } from './violations.ts'

/** Three of `low` are placed of which `runs` run; `high` is missing and asks for two units. */
function passedOver(runs: number): Given {
  return {
    rooms: { a: 4 },
    workloads: {
      high: { replicas: 1, request: 2, priority: 2, on: { a: { cost: 1 } } },
      low: { replicas: 3, priority: 1, on: { a: { cost: 1, runs } } },
    },
  }
}

function withThree(given: Given): Assignment {
  const problem = toProblem(given)
  const now = new Assignment(problem, new Int32Array(problem.cost.length))
  now.add(problem.workloads.indexOf('low'), 3)
  return now
}

describe('promote()', () => {
  test('takes away as many of a lower priority as must go', () => {
    const now = withThree(passedOver(0))
    expect(promote(now, levelsOf(now.problem))).toBe(true)
    expect(placementOf(now)).toEqual({ high: { a: 1 }, low: { a: 2 } })
  })

  test('leaves what runs', () => {
    const now = withThree(passedOver(3))
    expect(promote(now, levelsOf(now.problem))).toBe(false)
    expect(placementOf(now)).toEqual({ low: { a: 3 } })
  })
})

describe('violationsOf()', () => {
  test('names what is left out for a lower priority', () => {
    expect(violationsOf(withThree(passedOver(0)))).toEqual([
      'high is left out though less of a lower priority would do',
    ])
    expect(violationsOf(withThree(passedOver(3)))).toEqual([])
  })

  const leftOut = 'web is left out though less of a lower priority would do'
  const on = { a: { cost: 1, runs: 2, min: 1, max: 3 } }
  const broken: readonly { name: string; count: number; want: readonly string[] }[] = [
    { name: 'nothing', count: 1, want: [] },
    { name: 'running replicas that have no place', count: -1, want: ['web loses 1 running replicas', leftOut] },
    {
      name: 'fewer than must stay',
      count: -2,
      want: ['web has 0 on one cluster', 'web loses 2 running replicas', leftOut],
    },
    {
      name: 'more than may be, and than there is room for',
      count: 2,
      want: ['a lacks 1 of resource 0', 'web has 4 on one cluster', 'web has 4 replicas'],
    },
  ]
  test.each(broken)('names $name', ({ count, want }) => {
    const now = new Assignment(toProblem({ rooms: { a: 3 }, workloads: { web: { replicas: 3, on } } }))
    now.add(0, count)
    expect(violationsOf(now)).toEqual(want)
  })
})
