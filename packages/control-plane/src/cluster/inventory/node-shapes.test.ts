import { parseQuantity, quantityToNumber } from '@flotilla/machinery/quantity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeShapes, sumResources } from './node-shapes.ts'
import type { NodeRow } from '../../members/node-rows.ts'

function aNode(name: string, overrides: Partial<NodeRow> = {}): NodeRow {
  const allocatable = { cpu: '4', memory: '16Gi', pods: '110' }
  return { name, ready: true, labels: { 'kubernetes.io/hostname': name }, taints: [], allocatable, ...overrides }
}

const nothing = () => undefined

describe('nodeShapes()', () => {
  test('counts nodes that are alike once, without what names a single one', () => {
    const shapes = nodeShapes([aNode('a'), aNode('b'), aNode('c', { ready: false })], nothing)
    expect(shapes).toHaveLength(1)
    expect(shapes[0]).toMatchObject({ count: 2, free: { cpu: '4' } })
    expect(shapes[0]).not.toHaveProperty('labels')
  })

  test('keeps labels and taints apart that workloads choose by', () => {
    const zoned = (name: string, zone: string) => aNode(name, { labels: { zone } })
    const tainted = aNode('t', { labels: { zone: 'a' }, taints: [{ key: 'gpu', effect: 'NoSchedule' }] })
    const shapes = nodeShapes([zoned('a', 'a'), zoned('b', 'b'), zoned('c', 'b'), tainted], nothing)
    expect(shapes.map((shape) => [shape.labels?.['zone'], shape.taints?.length ?? 0, shape.count])).toEqual(
      expect.arrayContaining([
        ['a', 0, 1],
        ['b', 0, 2],
        ['a', 1, 1],
      ]),
    )
  })

  test('subtracts what pods ask for and never goes below nothing', () => {
    const asked = { cpu: parseQuantity('5'), pods: parseQuantity('10') }
    const [shape] = nodeShapes([aNode('a')], () => asked)
    expect(shape?.free['cpu']).toBe('0')
    expect(Number(shape?.free['pods'])).toBeLessThanOrEqual(100)
  })

  test('gives all that few nodes have', () => {
    const allocatable = { cpu: '63500m', memory: '251Gi', pods: '109' }
    const [shape] = nodeShapes([aNode('a', { allocatable })], () => ({ cpu: parseQuantity('1m') }))
    expect(shape?.free).toEqual({ ...allocatable, cpu: '63499m' })
  })

  test('never gives more than 64 shapes nor promises more than there is', () => {
    const nodes = fc.array(
      fc.record({ cpu: fc.integer({ min: 1, max: 64_000 }), memory: fc.integer({ min: 1, max: 2 ** 40 }) }),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(nodes, (sizes) => {
        const rows = sizes.map(({ cpu, memory }, index) =>
          aNode(`n${index}`, { allocatable: { cpu: `${cpu}m`, memory: String(memory) } }),
        )
        const shapes = nodeShapes(rows, nothing)
        expect(shapes.length).toBeLessThanOrEqual(64)
        const promised = shapes.reduce((sum, shape) => sum + shape.count * numberOf(shape.free['cpu']), 0)
        const there = sizes.reduce((sum, { cpu }) => sum + cpu / 1000, 0)
        expect(promised).toBeLessThanOrEqual(there + 1e-6)
      }),
      { numRuns: 200 },
    )
  })
})

function numberOf(text = '0'): number {
  return quantityToNumber(parseQuantity(text))
}

describe('sumResources()', () => {
  test('adds up what ready nodes offer and what all pods ask for', () => {
    const nodes = [aNode('a'), aNode('b', { ready: false })]
    expect(sumResources(nodes, () => ({ cpu: parseQuantity('1500m') }))).toEqual({
      allocatable: { cpu: '4', memory: '16Gi', pods: '110' },
      requested: { cpu: '3' },
    })
  })
})
