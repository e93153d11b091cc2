import { describe, expect, test } from 'vitest'
import { type Given, placementOf, toProblem } from '../../test/rebalance-fleets.ts'
import { Assignment } from './assignment.ts'
import { improve } from './improve.ts'
import { freely, levelsOf } from './objective.ts'

const table: readonly { name: string; given: Given; want: Record<string, Record<string, number>> }[] = [
  {
    name: 'exchanges two on full clusters',
    given: {
      rooms: { a: 2, b: 2 },
      workloads: {
        one: { replicas: 2, on: { a: { cost: 3, runs: 2 }, b: { cost: 1 } } },
        other: { replicas: 2, on: { a: { cost: 1 }, b: { cost: 3, runs: 2 } } },
      },
    },
    want: { one: { b: 2 }, other: { a: 2 } },
  },
  {
    name: 'exchanges one large for several small',
    given: {
      rooms: { a: 4, b: 4 },
      workloads: {
        large: { replicas: 1, request: 4, on: { a: { cost: 1 }, b: { cost: 9, runs: 1 } } },
        small: { replicas: 4, on: { a: { cost: 1, runs: 4 }, b: { cost: 2 } } },
      },
    },
    want: { large: { a: 1 }, small: { b: 4 } },
  },
  {
    name: 'does not exchange at a loss',
    given: {
      rooms: { a: 4, b: 4 },
      workloads: {
        large: { replicas: 1, request: 4, on: { a: { cost: 1 }, b: { cost: 4, runs: 1 } } },
        small: { replicas: 4, on: { a: { cost: 1, runs: 4 }, b: { cost: 2 } } },
      },
    },
    want: { large: { b: 1 }, small: { a: 4 } },
  },
]

describe('improve()', () => {
  test.each(table)('$name', ({ given, want }) => {
    const problem = toProblem(given)
    const now = new Assignment(problem)
    const prices = new Float64Array(problem.capacity.length)
    const steps = improve(freely(problem), now, levelsOf(problem), prices)
    while (steps.next().done !== true) continue
    expect(placementOf(now)).toEqual(want)
  })
})
