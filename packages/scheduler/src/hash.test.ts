import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combine, hash32, hashText } from './hash.ts'

test('hashText() is the same on every machine: stored decisions are recognised by it', () => {
  expect([hashText('flotilla'), hashText('Flotte ⛵')]).toMatchInlineSnapshot(`
    [
      "0349f8bb7f6eee1f",
      "a6a2aafea2817fef",
    ]
  `)
})

test('hashText() tells 200,000 neighbours apart', () => {
  const seen = new Set<string>()
  for (let index = 0; index < 200_000; index += 1) seen.add(hashText(`uid-${index}`))
  expect(seen.size).toBe(200_000)
})

test('combine() puts any two clusters either way round for about half of the templates', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      fc.pre(one !== other)
      const [left, right] = [hash32(one), hash32(other)]
      let first = 0
      for (let index = 0; index < 1000; index += 1) {
        const seed = hash32(`template-${index}`)
        if (combine(seed, left) < combine(seed, right)) first += 1
      }
      expect(Math.abs(first - 500)).toBeLessThan(100)
    }),
    { numRuns: 200 },
  )
})
