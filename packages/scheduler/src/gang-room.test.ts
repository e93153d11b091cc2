import { compareQuantity, parseQuantity, type Quantity, subtractQuantity } from '@flotilla/machinery/quantity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freeRoom } from './estimate.ts'
import { aClusterRow } from './fixtures.ts'
import { gangsThatFit } from './gang-room.ts'
import { occupy } from './occupy.ts'
import { gangOf, type Part } from './requirements.ts'
import type { ShapeRow } from './snapshot.ts'

function nodes(count: number, free: Readonly<Record<string, number>>, extra: Partial<ShapeRow> = {}): ShapeRow {
  const quantities = Object.entries(free).map(([name, value]) => [name, parseQuantity(value)] as const)
  return { free: new Map(quantities), labels: {}, taints: [], count, ...extra }
}

function part(name: string, pods: number, request: Readonly<Record<string, number>>, extra: object = {}): Part {
  const resourceRequest = Object.fromEntries(Object.entries(request).map(([key, value]) => [key, String(value)]))
  return { name, pods, requirements: { resourceRequest, ...extra } }
}

const head = part('head', 1, { cpu: 2 })
const workers = part('workers', 3, { cpu: 3 })

describe('gangsThatFit()', () => {
  const cases = [
    { name: 'needs room for all parts at once', shapes: [nodes(1, { cpu: 11 })], parts: [head, workers], want: 1 },
    { name: 'is none where one pod has no place', shapes: [nodes(1, { cpu: 10 })], parts: [head, workers], want: 0 },
    { name: 'puts parts on nodes of their own', shapes: [nodes(4, { cpu: 3 })], parts: [head, workers], want: 1 },
    { name: 'counts what is left over on no node', shapes: [nodes(5, { cpu: 2 })], parts: [head, workers], want: 0 },
    {
      name: 'leaves large nodes to large pods',
      shapes: [nodes(1, { cpu: 4 }), nodes(1, { cpu: 2 })],
      parts: [part('small', 1, { cpu: 2 }), part('large', 1, { cpu: 4 })],
      want: 1,
    },
    {
      name: 'finds the one way that there is',
      shapes: [nodes(1, { cpu: 9 }), nodes(1, { cpu: 6 })],
      parts: [part('a', 1, { cpu: 6 }), part('b', 1, { cpu: 5 }), part('c', 1, { cpu: 4 })],
      want: 1,
    },
    {
      name: 'looks at every resource',
      shapes: [nodes(1, { cpu: 8, memory: 2 }), nodes(1, { cpu: 2, memory: 8 })],
      parts: [part('a', 1, { cpu: 6, memory: 1 }), part('b', 1, { cpu: 1, memory: 6 })],
      want: 1,
    },
    { name: 'counts pod slots', shapes: [nodes(1, { cpu: 99, pods: 3 })], parts: [head, workers], want: 0 },
    {
      name: 'keeps each part to its nodes',
      shapes: [nodes(2, { cpu: 9 }, { labels: { gpu: 'yes' } }), nodes(9, { cpu: 9 })],
      parts: [part('gpu', 4, { cpu: 3 }, { nodeClaim: { nodeSelector: { gpu: 'yes' } } }), head],
      want: 1,
    },
    { name: 'counts whole gangs', shapes: [nodes(40, { cpu: 11 })], parts: [head, workers], want: 40 },
    { name: 'has room for any number of no pods', shapes: [nodes(1, { cpu: 1 })], parts: [], want: Infinity },
    { name: 'survives absurd numbers', shapes: [nodes(9, { cpu: 9 })], parts: [part('a', 1e9, { cpu: 1 })], want: 0 },
  ]
  test.each(cases)('$name', ({ shapes, parts, want }) => {
    expect(gangsThatFit(shapes, parts)).toBe(want)
  })
})

const sizes = fc.record({ cpu: fc.integer({ min: 0, max: 4 }), memory: fc.integer({ min: 0, max: 4 }) })
const someParts = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 2 }), sizes), { minLength: 1, maxLength: 3 })
  .map((list) => list.map(([pods, request], index) => part(`part${index}`, pods, request)))
const someNodes = fc
  .array(
    fc.record({ cpu: fc.integer({ min: 0, max: 8 }), memory: fc.integer({ min: 0, max: 8 }), pods: fc.constant(2) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((list) => list.map((free) => nodes(1, free)))

describe('gangsThatFit()', () => {
  test('is what trying every node for every pod finds', () => {
    fc.assert(
      fc.property(someNodes, someParts, (shapes, parts) => {
        expect(gangsThatFit(shapes, parts)).toBe(bruteForce(shapes, parts))
      }),
      { numRuns: 1_000 },
    )
  })

  test('never promises more than the nodes hold, however many there are', () => {
    const many = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), sizes), { minLength: 1, maxLength: 4 })
    const large = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), sizes), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(many, large, (kinds, list) => {
        const shapes = kinds.map(([count, free]) => nodes(count, { ...free, pods: 9 }))
        const parts = list.map(([pods, request], index) => part(`part${index}`, pods, request))
        const gangs = gangsThatFit(shapes, parts)
        for (const resource of ['cpu', 'memory']) {
          const asked = parts.reduce((sum, each) => sum + each.pods * amount(each, resource), 0)
          const free = kinds.reduce((sum, [count, each]) => sum + count * (each[resource as 'cpu'] ?? 0), 0)
          expect(gangs * asked).toBeLessThanOrEqual(free)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('is no more once some of it is taken', () => {
    fc.assert(
      fc.property(someNodes, someParts, (shapes, parts) => {
        const taken = occupy(shapes, { replicas: 1, requirements: { resourceRequest: { cpu: '1' } } }).shapes
        expect(gangsThatFit(taken, parts)).toBeLessThanOrEqual(gangsThatFit(shapes, parts))
      }),
      { numRuns: 1_000 },
    )
  })

  test('is no more for a gang with another part', () => {
    fc.assert(
      fc.property(someNodes, someParts, sizes, (shapes, parts, request) => {
        const more = [...parts, part('more', 1, request)]
        expect(gangsThatFit(shapes, more)).toBeLessThanOrEqual(gangsThatFit(shapes, parts))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('freeRoom()', () => {
  test('of a gang is what reservations of other gangs leave', () => {
    const gang = gangOf([head, workers])
    const row = aClusterRow({ name: 'a', shapes: [nodes(9, { cpu: 2 }), nodes(3, { cpu: 3 })] })
    expect(freeRoom(row, gang)).toBe(1)
    expect(freeRoom(row, gang, [{ replicas: 1, requirements: gang }])).toBe(0)
    expect(freeRoom(row, gang, [{ replicas: 5, requirements: gangOf([head]) }])).toBe(1)
  })
})

function amount({ requirements }: Part, resource: string): number {
  return Number(requirements?.resourceRequest?.[resource] ?? 0)
}

/** Most gangs of which every pod finds a node, by trying them all. */
function bruteForce(shapes: readonly ShapeRow[], parts: readonly Part[]): number {
  const free = shapes.map((shape) => new Map<string, Quantity>(shape.free))
  let gangs = 0
  while (gangs < 99 && fitsAll(free, podsOf(parts, gangs + 1))) gangs += 1
  return gangs
}

function podsOf(parts: readonly Part[], gangs: number): readonly Readonly<Record<string, number>>[] {
  return parts.flatMap((each) =>
    Array.from({ length: gangs * each.pods }, () => ({
      cpu: amount(each, 'cpu'),
      memory: amount(each, 'memory'),
      pods: 1,
    })),
  )
}

function fitsAll(free: Map<string, Quantity>[], pods: readonly Readonly<Record<string, number>>[]): boolean {
  const [pod, ...rest] = pods
  if (pod === undefined) return true
  return free.some((node) => {
    const asked = Object.entries(pod).map(([name, value]) => [name, parseQuantity(value)] as const)
    const before = new Map(node)
    if (asked.some(([name, quantity]) => compareQuantity(node.get(name) ?? parseQuantity(0), quantity) < 0))
      return false
    for (const [name, quantity] of asked) node.set(name, subtractQuantity(node.get(name) ?? parseQuantity(0), quantity))
    const fits = fitsAll(free, rest)
    for (const [name, quantity] of before) node.set(name, quantity)
    return fits
  })
}
