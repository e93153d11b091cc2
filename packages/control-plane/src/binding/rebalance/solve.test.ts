import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { createProblem } from '@flotilla/scheduler/rebalance/problem'
import { rebalance } from '@flotilla/scheduler/rebalance/solve'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleets } from '../../../../scheduler/test/rebalance-fleets.ts'
import { createSolveHere } from './solve.ts'

const env = createVirtualEnv({ seed: 1 })
const neverAborted = new AbortController().signal

describe('createSolveHere()', () => {
  test('answers as the solver does', async () => {
    const solve = createSolveHere(env)
    await fc.assert(
      fc.asyncProperty(fleets({ clusters: 4, workloads: 4, replicas: 6 }), async ({ workloads, clusters }) => {
        const problem = createProblem(workloads, clusters)
        expect(await solve(problem, { gate: 2 }, neverAborted)).toEqual(rebalance(problem, { gate: 2 }).replicas)
      }),
      { numRuns: 100 },
    )
  })

  test('ends when it is aborted', async () => {
    const problem = createProblem([], [])
    const aborted = AbortSignal.abort(new Error('stopped'))
    await expect(createSolveHere(env)(problem, {}, aborted)).rejects.toThrow('stopped')
  })
})
