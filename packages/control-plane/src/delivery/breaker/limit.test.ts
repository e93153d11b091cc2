import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ledgerData, type Entry, readLedger } from './ledger.ts'
import { excessOf, type Fall, limitOf } from './limit.ts'

const fall = (mark: string, more: Partial<Fall> = {}): Fall => ({
  mark,
  policy: 'p',
  isDeleted: true,
  copies: 0,
  ...more,
})
const falls = (count: number, more: Partial<Fall> = {}) =>
  Array.from({ length: count }, (_, index) => fall(`b${index}`, more))

describe('limitOf()', () => {
  test.each([
    { all: 0, want: 20 },
    { all: 199, want: 20 },
    { all: 300, want: 30 },
    { all: 1_000_000, want: 10_000 },
  ])('lets $want of $all go', ({ all, want }) => {
    expect(limitOf(all)).toBe(want)
  })
})

describe('excessOf()', () => {
  const table = [
    { name: 'lets 20 bindings go, of however few', of: falls(20), all: [20, 20], want: undefined },
    {
      name: 'holds 21 of 200',
      of: falls(21),
      all: [200, 400],
      want: '21 of 200 bindings would lose copies or go within an hour, and 20 may',
    },
    { name: 'lets 21 of 210 go', of: falls(21), all: [210, 400], want: undefined },
    { name: 'counts a binding once', of: [...falls(20), ...falls(20)], all: [20, 20], want: undefined },
    {
      name: 'counts copies of bindings that stay',
      of: [fall('b', { isDeleted: false, copies: 30 })],
      all: [5, 150],
      want: '30 of 150 copies would go within an hour, and 20 may',
    },
    {
      name: 'counts no copies of what is deleted',
      of: [fall('b', { copies: 1_000 })],
      all: [5, 1_000],
      want: undefined,
    },
  ]
  test.each(table)('$name', ({ of, all: [bindings = 0, copies = 0], want }) => {
    expect(excessOf(of, () => ({ bindings, copies }))).toBe(want)
  })

  test('never lets more than the limit go, in whatever order and parts it comes', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), parts, (all, sizes) => {
        let gone = 0
        for (const size of sizes) {
          const asked = Math.min(size, all - gone)
          if (excessOf(falls(gone + asked), () => ({ bindings: all, copies: all })) === undefined) gone += asked
        }
        expect(gone).toBeLessThanOrEqual(limitOf(all))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('readLedger()', () => {
  test('reads what ledgerData() wrote, and leaves out what is no entry', () => {
    const entry = fc.record<Entry>({
      at: fc.nat(),
      mark: fc.string({ minLength: 1, maxLength: 13 }),
      policy: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      isDeleted: fc.boolean(),
      clusters: fc.array(fc.string()),
    })
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const data = ledgerData(entries)
        const letGo = `${data['letGo']}no JSON\n{"a":1}\n`
        expect(readLedger({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { letGo } })).toEqual(
          entries,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})
