import { expect, describe, test } from 'vitest'
import { toPodRequest } from '../fit.ts'
import { isContended } from './contention.ts'
import { aHost, askingCpu, type NodeSketch } from './fixtures.ts'

const cpus = (cpu: number) => toPodRequest(askingCpu(cpu))
const gpus = toPodRequest({ resourceRequest: { gpu: '1' } })
const nothing = toPodRequest({})

interface Case {
  readonly name: string
  readonly node?: Partial<NodeSketch>
  readonly waiting: readonly ReturnType<typeof cpus>[]
  readonly leaving?: readonly string[]
  readonly want: boolean
}

describe('isContended()', () => {
  test.each<Case>([
    { name: 'is false where nobody waits', waiting: [], want: false },
    { name: 'is true of pods that fit what is free', node: { free: 2 }, waiting: [cpus(2)], want: true },
    { name: 'is false of pods that fit nowhere', node: { free: 1 }, waiting: [cpus(2)], want: false },
    { name: 'is true of pods that fit what leaves', waiting: [cpus(2)], leaving: ['a'], want: true },
    {
      name: 'is false of pods on nodes that are closed',
      node: { free: 9, isOpen: false },
      waiting: [cpus(1)],
      want: false,
    },
    { name: 'is false of pods that ask for something else', node: { free: 2 }, waiting: [nothing], want: false },
    { name: 'is true of these where pod slots run out', node: { free: 2, slots: 2 }, waiting: [nothing], want: true },
    {
      name: 'is false of pods that ask for what there is none of',
      node: { free: 2, slots: 2 },
      waiting: [gpus],
      want: false,
    },
  ])('$name', ({ node, waiting, leaving = [], want }) => {
    const host = aHost({ free: 0, slots: 9, tenants: { a: [1, 1] }, ...node })
    expect(isContended([host], waiting, cpus(1), new Set(leaving))).toBe(want)
  })
})
