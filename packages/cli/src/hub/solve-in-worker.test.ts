import { createRealEnv } from '@flotilla/runtime/real-env'
import { createProblem, type Problem } from '@flotilla/scheduler/rebalance/problem'
import { rebalance } from '@flotilla/scheduler/rebalance/solve'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleets } from '../../../scheduler/test/rebalance-fleets.ts'
import { createSolveInWorker } from './solve-in-worker.ts'

const env = createRealEnv({ logLevel: 'silent' })
const neverAborted = new AbortController().signal

/** So many workloads that all may go anywhere that a thread needs longer than it takes to be stopped. */
function aLargeProblem(): Problem {
  const clusters = Array.from({ length: 50 }, (_, at) => ({ id: `c${at}`, capacity: [300] }))
  const options = clusters.map(({ id }, at) => ({ cluster: id, cost: at % 17, current: 0, min: 0, max: 40 }))
  const workloads = Array.from({ length: 400 }, (_, at) => ({
    id: `w${at}`,
    replicas: 40,
    request: [1 + (at % 3)],
    priority: 0,
    options,
  }))
  return createProblem(workloads, clusters)
}

describe('createSolveInWorker()', () => {
  test('answers as the solver does in the same thread', async () => {
    const solve = createSolveInWorker(env)
    const samples = fc.sample(fleets({ clusters: 5, workloads: 8, replicas: 12 }), { numRuns: 2, seed: 1 })
    for (const { workloads, clusters } of samples) {
      const problem = createProblem(workloads, clusters)
      expect(await solve(problem, { gate: 2 }, neverAborted)).toEqual(rebalance(problem, { gate: 2 }).replicas)
    }
  })

  test('gives up, and ends its thread, when it has no time left', async () => {
    const solve = createSolveInWorker(env, { deadlineMs: 1 })
    await expect(solve(aLargeProblem(), {}, neverAborted)).rejects.toThrow(
      'Cannot solve the rebalance: it took more than 0.001 s',
    )
  })

  test('ends its thread when it is stopped', async () => {
    const stop = new AbortController()
    const solving = createSolveInWorker(env)(aLargeProblem(), {}, stop.signal)
    stop.abort()
    await expect(solving).rejects.toThrow('Cannot solve the rebalance: it was stopped')
  })

  test('says why its thread crashed', async () => {
    const broken = { ...createProblem([], []), replicas: undefined } as unknown as Problem
    await expect(createSolveInWorker(env)(broken, {}, neverAborted)).rejects.toThrow(
      /^Cannot solve the rebalance: .*undefined/,
    )
  })
})
