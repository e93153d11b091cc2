// Who gives way, over random nodes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseVictims, type Candidate } from './choose.ts'
import { aHost, askingCpu } from './fixtures.ts'
import { countTenants, prepareRoom } from './freed.ts'

const keys = ['a', 'b', 'c', 'd'] as const
const cases = fc.record({
  nodes: fc.array(
    fc.record({
      free: fc.integer({ min: 0, max: 2 }),
      slots: fc.integer({ min: 0, max: 4 }),
      tenants: fc.record(
        Object.fromEntries(keys.map((key) => [key, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 })])),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  priorities: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
  floors: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
  wanted: fc.integer({ min: 1, max: 4 }),
  cpu: fc.integer({ min: 1, max: 3 }),
})

function prepare({ nodes, priorities, floors, cpu }: typeof cases extends fc.Arbitrary<infer Value> ? Value : never) {
  const hosts = nodes.map(aHost)
  const all = countTenants(hosts)
  const candidates: readonly Candidate[] = keys.map((key, index) => ({
    key,
    priority: priorities[index] ?? 0,
    most: Math.max(0, (all.get(key) ?? 0) - (floors[index] ?? 0)),
  }))
  return { candidates, roomAfter: prepareRoom(hosts, askingCpu(cpu)) }
}

describe('chooseVictims()', () => {
  test('makes room for all that is wanted, and no smaller set would do', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { candidates, roomAfter } = prepare(given)
        const ceded = chooseVictims(candidates, given.wanted, roomAfter)
        if (ceded === undefined) {
          expect(roomAfter(new Map(candidates.map(({ key, most }) => [key, most])))).toBeLessThan(given.wanted)
          return
        }
        expect(roomAfter(ceded)).toBeGreaterThanOrEqual(given.wanted)
        for (const [key, replicas] of ceded) {
          expect(replicas).toBeLessThanOrEqual(candidates.find((each) => each.key === key)?.most ?? 0)
          expect(roomAfter(new Map(ceded).set(key, replicas - 1))).toBeLessThan(given.wanted)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('takes nobody more important than must be', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { candidates, roomAfter } = prepare(given)
        const ceded = chooseVictims(candidates, given.wanted, roomAfter)
        if (ceded === undefined || ceded.size === 0) return
        const highest = Math.max(...candidates.flatMap(({ key, priority }) => (ceded.has(key) ? [priority] : [])))
        const below = candidates.filter(({ priority }) => priority < highest)
        expect(roomAfter(new Map(below.map(({ key, most }) => [key, most])))).toBeLessThan(given.wanted)
      }),
      { numRuns: 1000 },
    )
  })

  test('takes the same in whatever order candidates come', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { candidates, roomAfter } = prepare(given)
        expect(chooseVictims(candidates.toReversed(), given.wanted, roomAfter)).toEqual(
          chooseVictims(candidates, given.wanted, roomAfter),
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('takes one workload rather than parts of two', () => {
    const hosts = [aHost({ free: 0, slots: 9, tenants: { a: [1, 1], b: [1, 1] } })]
    const candidates = ['a', 'b'].map((key) => ({ key, priority: 0, most: 2 }))
    expect(chooseVictims(candidates, 2, prepareRoom(hosts, askingCpu(1)))).toEqual(new Map([['b', 2]]))
  })
})
