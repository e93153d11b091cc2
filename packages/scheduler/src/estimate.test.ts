import { parseQuantity } from '@flotilla/machinery/quantity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimateReplicas } from './estimate.ts'
import { aClusterRow } from './fixtures.ts'

function shape(free: Readonly<Record<string, string>>, count: number, extra: object = {}) {
  const parsed = new Map(Object.entries(free).map(([name, text]) => [name, parseQuantity(text)]))
  return { free: parsed, labels: {}, taints: [], count, ...extra }
}

const request = { resourceRequest: { cpu: '300m', memory: '1Gi' } }
const table = [
  { name: 'rounds down per node', shapes: [shape({ cpu: '1', memory: '8Gi', pods: '9' }, 4)], want: 12 },
  { name: 'is bound by the scarcest resource', shapes: [shape({ cpu: '10', memory: '2Gi', pods: '9' }, 1)], want: 2 },
  { name: 'is bound by pod slots', shapes: [shape({ cpu: '10', memory: '20Gi', pods: '1' }, 3)], want: 3 },
  { name: 'divides decimals exactly', shapes: [shape({ cpu: '0.9', memory: '9Gi' }, 1)], want: 3 },
  { name: 'counts a missing resource as none', shapes: [shape({ cpu: '10' }, 3)], want: 0 },
  {
    name: 'leaves out tainted nodes',
    shapes: [shape({ cpu: '1', memory: '8Gi' }, 1, { taints: [{ key: 'gpu', effect: 'NoSchedule' }] })],
    want: 0,
  },
  { name: 'knows nothing without shapes', shapes: undefined, want: undefined },
]

test.each(table)('estimateReplicas() $name', ({ shapes, want }) => {
  const row = aClusterRow({ name: 'a', ...(shapes === undefined ? {} : { shapes }) })
  expect(estimateReplicas(row, request)).toBe(want)
})

test('estimateReplicas() follows node selector, tolerations and required affinity', () => {
  const gpu = shape({ cpu: '4' }, 2, { labels: { zone: 'a' }, taints: [{ key: 'gpu', effect: 'NoSchedule' }] })
  const row = aClusterRow({ name: 'a', shapes: [gpu, shape({ cpu: '4' }, 1, { labels: { zone: 'b' } })] })
  const term = (values: string[]) => ({
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }],
  })
  const one = { resourceRequest: { cpu: '1' } }
  expect(estimateReplicas(row, { ...one, nodeClaim: { nodeSelector: { zone: 'b' } } })).toBe(4)
  expect(estimateReplicas(row, { ...one, nodeClaim: { tolerations: [{ operator: 'Exists' }] } })).toBe(12)
  expect(estimateReplicas(row, { ...one, nodeClaim: { nodeAffinity: term(['c']) } })).toBe(0)
  expect(estimateReplicas(row, { ...one, nodeClaim: { nodeAffinity: term(['b']) } })).toBe(4)
})

describe('estimateReplicas() after reservations', () => {
  const row = (count: number) => aClusterRow({ name: 'a', shapes: [shape({ cpu: '4', pods: '10' }, count)] })
  const one = { resourceRequest: { cpu: '1' } }

  test.each([
    { name: 'takes whole and part nodes', reserved: [{ replicas: 5, requirements: one }], of: one, want: 3 },
    {
      name: 'leaves what is left of each node to smaller requests',
      reserved: [{ replicas: 2, requirements: { resourceRequest: { cpu: '3' } } }],
      of: one,
      want: 2,
    },
    {
      name: 'takes what it can of more than there is',
      reserved: [{ replicas: 99, requirements: one }],
      of: one,
      want: 0,
    },
    { name: 'takes pod slots of replicas that ask for nothing', reserved: [{ replicas: 15 }], of: {}, want: 5 },
  ])('$name', ({ reserved, of, want }) => {
    expect(estimateReplicas(row(2), of, reserved)).toBe(want)
  })

  test('is as much as one reservation of the sum leaves', () => {
    const anyCount = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(anyCount, anyCount, fc.integer({ min: 1, max: 5 }), (first, second, nodes) => {
        const apart = [first, second].map((replicas) => ({ replicas, requirements: one }))
        const together = [{ replicas: first + second, requirements: one }]
        expect(estimateReplicas(row(nodes), one, apart)).toBe(estimateReplicas(row(nodes), one, together))
        expect(estimateReplicas(row(nodes), one, together)).toBe(Math.max(0, nodes * 4 - first - second))
      }),
      { numRuns: 1000 },
    )
  })
})
