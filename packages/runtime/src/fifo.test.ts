import { expect, test } from 'vitest'
import { UniqueFifo } from './fifo.ts'

test('UniqueFifo keeps order, refuses repeats, and takes a key again once it was taken out', () => {
  const fifo = new UniqueFifo<string>()
  expect(['a', 'b', 'a'].map((key) => fifo.push(key))).toEqual([true, true, false])
  expect(fifo.shift()).toBe('a')
  expect(fifo.push('a')).toBe(true)
  expect([fifo.shift(), fifo.shift(), fifo.shift()]).toEqual(['b', 'a', undefined])
})

test('UniqueFifo keeps order over thousands of keys', () => {
  const fifo = new UniqueFifo<number>()
  for (let i = 0; i < 5000; i++) fifo.push(i)
  for (let i = 0; i < 4000; i++) expect(fifo.shift()).toBe(i)
  fifo.push(5000)
  expect(fifo.size).toBe(1001)
  for (let i = 4000; i <= 5000; i++) expect(fifo.shift()).toBe(i)
})
