import { describe, expect, test } from 'vitest'
import { Recent } from './recent.ts'

const recent = (most: number) => new Recent<string, readonly number[]>(most, ({ length }) => length)

describe('Recent', () => {
  test('forgets what was not asked for longest, once there is too much in all', () => {
    const kept = recent(5)
    kept.set('a', [1, 2])
    kept.set('b', [1, 2])
    expect(kept.get('a')).toEqual([1, 2])
    kept.set('c', [1, 2])
    expect(['a', 'b', 'c'].filter((key) => kept.get(key) !== undefined)).toEqual(['a', 'c'])
  })

  test('counts what is said anew once', () => {
    const kept = recent(5)
    for (const value of [[1], [1, 2], [1, 2, 3]]) kept.set('a', value)
    kept.set('b', [1, 2])
    expect([kept.get('a'), kept.get('b')]).toEqual([
      [1, 2, 3],
      [1, 2],
    ])
  })

  test('keeps what is too large until the next comes', () => {
    const kept = recent(2)
    kept.set('a', [1, 2, 3])
    expect(kept.get('a')).toEqual([1, 2, 3])
    kept.set('b', [1])
    expect([kept.get('a'), kept.get('b')]).toEqual([undefined, [1]])
  })
})
