// Who gives way in plans.
import { describe, expect, test } from 'vitest'
import { aggregated, byWeight } from '../fixtures.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'
import { defaultCostBook } from '../cost/default-book.ts'
import { asking, aWork, withNodes } from './fixtures.ts'
import type { Fleet, Work } from './fleet.ts'
import { planChange } from './plan.ts'

/** One cluster of two nodes with four CPUs each, all taken by `low`. */
const full = withNodes('eu', [0, 0])

function settledWork(name: string, replicas: number, cpu: number, overrides: Partial<Work> = {}): Work {
  const request = { replicas, placement: aggregated, ...asking(cpu) }
  const asked = aWork(name, request).request
  const previous = schedule(asked, createSnapshot([withNodes('eu', [replicas * cpu])]), { trigger: 'Test' })
  return aWork(name, { ...request, previous }, overrides)
}

const waiting = (overrides: Partial<Work> = {}, replicas = 2, cpu = 1) =>
  aWork('high', { replicas, placement: aggregated, ...asking(cpu) }, { priority: 10, preempts: true, ...overrides })

function outcome(works: readonly Work[]) {
  const fleet: Fleet = { clusters: [full], book: defaultCostBook, works }
  const { workloads } = planChange(fleet, fleet, null).status
  return Object.fromEntries(
    workloads.map(({ workload, missing, moves }) => [workload.name, [missing.to, moves[0]?.to]]),
  )
}

interface Case {
  readonly name: string
  readonly works: readonly Work[]
  /** Replicas without a place, and on the cluster. */
  readonly want: Readonly<Record<string, readonly (number | undefined)[]>>
}

describe('planChange() with preemption', () => {
  test.each<Case>([
    {
      name: 'has the less important give way',
      works: [settledWork('low', 8, 1), waiting()],
      want: { high: [0, 2], low: [2, 6] },
    },
    {
      name: 'has the least important give way first',
      works: [settledWork('low', 4, 1), settledWork('middle', 4, 1, { priority: 5 }), waiting()],
      want: { high: [0, 2], low: [2, 2] },
    },
    {
      name: 'leaves alone who is as important',
      works: [settledWork('low', 8, 1, { priority: 10 }), waiting()],
      want: { high: [2, undefined] },
    },
    {
      name: 'moves nothing where the policy does not say so',
      works: [
        settledWork('low', 8, 1),
        aWork('high', { replicas: 2, placement: aggregated, ...asking(1) }, { priority: 10 }),
      ],
      want: { high: [2, undefined] },
    },
    {
      name: 'foretells nothing where only several together would do',
      works: [settledWork('low', 8, 1), waiting({}, 1, 2)],
      want: { high: [1, undefined] },
    },
  ])('$name', ({ works, want }) => {
    expect(outcome(works)).toEqual(want)
  })

  test('says to whom, and plans nothing more after that', () => {
    const fleet: Fleet = { clusters: [full], book: defaultCostBook, works: [settledWork('low', 8, 1), waiting()] }
    const { status, fleet: after } = planChange(fleet, fleet, null)
    const low = status.workloads.find(({ workload }) => workload.name === 'low')
    expect(low?.reason).toBe(
      '6 of 8 replicas have a place: eu is full with 6. Smallest change: room for 2 more (cpu 1 each); 2 replicas gave way to Deployment shop/high (priority 10)',
    )
    expect(planChange(after, after, null).status.workloads).toEqual([])
  })

  test('leaves alone what does not go by room', () => {
    const fixed = aWork('low', { replicas: 8, placement: byWeight({ eu: 1 }), ...asking(1) })
    const previous = schedule(fixed.request, createSnapshot([full]), { trigger: 'Test' })
    expect(outcome([{ ...fixed, request: { ...fixed.request, previous } }, waiting()])).toEqual({
      high: [2, undefined],
    })
  })
})
