import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffDelay } from './backoff.ts'

test('backoffDelay() lies between half and the whole of the doubled base, never above the most', () => {
  const unit = fc.double({ min: 0, max: 0.999999, noNaN: true })
  fc.assert(
    fc.property(fc.nat(100), unit, (failures, random) => {
      const delay = backoffDelay(failures, { baseMs: 10, maxMs: 5000 }, () => random)
      const full = Math.min(5000, 10 * 2 ** failures)
      expect(delay).toBeGreaterThanOrEqual(full / 2)
      expect(delay).toBeLessThanOrEqual(full)
    }),
  )
})
