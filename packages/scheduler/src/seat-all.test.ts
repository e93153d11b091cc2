// Reservations of several sizes, against every packing there is.
import { parseQuantity } from '@flotilla/machinery/quantity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roomOn } from './fit.ts'
import type { Reservation } from './occupy.ts'
import { seatAll } from './seat-all.ts'
import type { ShapeRow } from './snapshot.ts'

/** A node with so many CPUs free. */
const aNode = (cpus: number, pool = 'any'): ShapeRow => ({
  free: new Map([['cpu', parseQuantity(cpus)]]),
  labels: { pool },
  taints: [],
  count: 1,
})
const asking = (cpu: number) => ({ resourceRequest: { cpu: String(cpu) } })
const reserve = (replicas: number, cpu: number): Reservation => ({ replicas, requirements: asking(cpu) })

/** Whether pods of these sizes fit nodes of these sizes together. */
function packs(nodes: readonly number[], pods: readonly number[]): boolean {
  const [pod, ...others] = pods
  if (pod === undefined) return true
  const tried = new Set<number>()
  return nodes.some((free, index) => {
    if (free < pod || tried.has(free)) return false
    tried.add(free)
    return packs(nodes.with(index, free - pod), others)
  })
}

const podsOf = (reserved: readonly Reservation[], nodes: readonly number[]) =>
  reserved
    .flatMap(({ replicas, requirements }) => {
      const cpu = Number(requirements?.resourceRequest?.['cpu'])
      const alone = nodes.reduce((sum, free) => sum + Math.floor(free / cpu), 0)
      return Array.from({ length: Math.min(replicas, alone) }, () => cpu)
    })
    .sort((one, other) => other - one)

const fleets = fc.record({
  nodes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
  counts: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), {
    selector: ([cpu]) => cpu,
    minLength: 1,
    maxLength: 3,
  }),
  cpu: fc.integer({ min: 1, max: 4 }),
})

describe('seatAll()', () => {
  test('leaves never more room than some packing of all', () => {
    fc.assert(
      fc.property(fleets, ({ nodes, counts, cpu }) => {
        const reserved = counts.map(([size, replicas]) => reserve(replicas, size))
        const shapes = nodes.map((free) => aNode(free))
        const promised = roomOn(seatAll(shapes, reserved), asking(cpu))
        const taken = podsOf(reserved, nodes)
        const more = Array.from({ length: promised }, () => cpu)
        const smallest = Math.min(...counts.map(([size]) => size))
        const uncontested = nodes.filter((free) => free < smallest)
        expect(packs(nodes, [...taken, ...more]) || packs(uncontested, more)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('leaves the same in whatever order it was reserved', () => {
    fc.assert(
      fc.property(fleets, ({ nodes, counts }) => {
        const reserved = counts.map(([size, replicas]) => reserve(replicas, size))
        const shapes = nodes.map((free) => aNode(free))
        expect(seatAll(shapes, reserved.toReversed())).toEqual(seatAll(shapes, reserved))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    {
      name: 'leaves nothing of nodes that only another packing would fill',
      nodes: [aNode(4), aNode(4)],
      reserved: [reserve(2, 3), reserve(1, 2)],
      want: 0,
    },
    {
      name: 'seats the most demanding first',
      nodes: [aNode(3), aNode(2)],
      reserved: [reserve(2, 1), reserve(1, 3)],
      want: 0,
    },
    {
      name: 'fills tight nodes where that is how all fit',
      nodes: [aNode(6), aNode(4), aNode(4)],
      reserved: [reserve(1, 4), reserve(1, 6)],
      want: 4,
    },
    {
      name: 'holds no room for what fits nowhere',
      nodes: [aNode(4)],
      reserved: [reserve(2, 5), reserve(1, 1)],
      want: 3,
    },
    {
      name: 'leaves nodes alone that nobody who contends can use',
      nodes: [aNode(2), aNode(3), aNode(3)],
      reserved: [reserve(2, 3), reserve(1, 3)],
      want: 2,
    },
  ])('$name', ({ nodes, reserved, want }) => {
    expect(roomOn(seatAll(nodes, reserved), asking(1))).toBe(want)
  })

  test('leaves other pools of nodes alone where some contend for one', () => {
    const inPool = (pool: string, each: Reservation): Reservation => ({
      ...each,
      requirements: { ...each.requirements, nodeClaim: { nodeSelector: { pool } } },
    })
    const shapes = [aNode(4, 'gpu'), aNode(4, 'gpu'), aNode(5, 'cpu')]
    const reserved = [inPool('gpu', reserve(2, 3)), inPool('gpu', reserve(2, 2)), inPool('cpu', reserve(1, 2))]
    expect(roomOn(seatAll(shapes, reserved), asking(1))).toBe(3)
  })
})
