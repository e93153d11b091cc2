import { describe, expect, test } from 'vitest'
import { type ClusterInput, createProblem, type OptionInput, type WorkloadInput } from './problem.ts'

const clusters: readonly ClusterInput[] = [
  { id: 'b', capacity: [4, 8] },
  { id: 'a', capacity: [2, 4] },
]

function aWorkload(overrides: Partial<WorkloadInput> = {}): WorkloadInput {
  return { id: 'web', replicas: 3, request: [1, 2], priority: 0, options: [anOption()], ...overrides }
}

function anOption(overrides: Partial<OptionInput> = {}): OptionInput {
  return { cluster: 'a', cost: 1, current: 0, min: 0, max: 3, ...overrides }
}

const refused: readonly { name: string; workload: Partial<WorkloadInput>; why: string }[] = [
  { name: 'half a replica', workload: { replicas: 0.5 }, why: 'it has 0.5 replicas' },
  { name: 'too many replicas', workload: { replicas: 2 ** 31 }, why: 'it has 2147483648 replicas' },
  { name: 'a request of one resource', workload: { request: [1] }, why: 'a request is 2 whole numbers, not 1' },
  { name: 'a negative request', workload: { request: [1, -1] }, why: 'a request is 2 whole numbers, not 1,-1' },
  { name: 'no priority', workload: { priority: Number.NaN }, why: 'its priority is NaN' },
  {
    name: 'a cost that is none',
    workload: { options: [anOption({ cost: Number.NaN })] },
    why: 'a replica costs NaN on a',
  },
  { name: 'a negative cost', workload: { options: [anOption({ cost: -1 })] }, why: 'a replica costs -1 on a' },
  {
    name: 'more than may run there',
    workload: { options: [anOption({ current: 2, max: 1 })] },
    why: 'on a 2 run there, at least 0 stay, at most 1 may',
  },
  {
    name: 'more that stay than run there',
    workload: { options: [anOption({ min: 1 })] },
    why: 'on a 0 run there, at least 1 stay, at most 3 may',
  },
  {
    name: 'more that run than are wanted',
    workload: { replicas: 1, options: [anOption({ current: 2 })] },
    why: '2 replicas run, 1 are wanted',
  },
  { name: 'an unknown cluster', workload: { options: [anOption({ cluster: 'c' })] }, why: 'there is no cluster c' },
  { name: 'a cluster twice', workload: { options: [anOption(), anOption()] }, why: 'a is there twice' },
]

describe('createProblem()', () => {
  test.each(refused)('refuses $name', ({ workload, why }) => {
    expect(() => createProblem([aWorkload(workload)], clusters)).toThrow(`Cannot rebalance web: ${why}`)
  })

  test('refuses two of one name', () => {
    expect(() => createProblem([aWorkload(), aWorkload()], clusters)).toThrow('the workload is there twice')
  })

  test('refuses room that is no whole number', () => {
    expect(() => createProblem([], [...clusters, { id: 'c', capacity: [1.5, 1] }])).toThrow('c has room 1.5,1')
  })

  test('orders by id, and the options of a workload by cost', () => {
    const options = [anOption({ cluster: 'a', cost: 2 }), anOption({ cluster: 'b', cost: 1, current: 1 })]
    const problem = createProblem([aWorkload({ options }), aWorkload({ id: 'api' })], clusters)
    expect(problem.workloads).toEqual(['api', 'web'])
    expect(problem.clusters).toEqual(['a', 'b'])
    expect([...problem.capacity]).toEqual([2, 4, 4, 8])
    expect([...problem.cluster]).toEqual([0, 1, 0])
    expect([...problem.current]).toEqual([0, 1, 0])
    expect([...problem.firstOn]).toEqual([0, 2, 3])
    expect([...problem.optionsOn]).toEqual([0, 2, 1])
  })
})
