import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyedHeap } from './keyed-heap.ts'

test('KeyedHeap gives keys in the order of their time, ties by age, whatever was moved or removed', () => {
  const step = fc.record({ key: fc.nat(20), at: fc.nat(10), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const heap = new KeyedHeap<number>()
      const model = new Map<number, { at: number; order: number }>()
      steps.forEach(({ key, at, remove }, order) => {
        const isRemoved = remove && heap.delete(key)
        expect(isRemoved).toBe(remove && model.delete(key))
        if (!remove) {
          heap.set(key, at)
          model.set(key, { at, order })
        }
        expect(heap.size).toBe(model.size)
        expect(heap.at(key)).toBe(model.get(key)?.at)
      })
      const want = [...model].toSorted(([, a], [, b]) => a.at - b.at || a.order - b.order).map(([key]) => key)
      const got: (number | undefined)[] = []
      while (heap.size > 0) got.push(heap.pop())
      expect(got).toEqual(want)
    }),
  )
})
