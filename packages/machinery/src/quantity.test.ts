// Quantities: the API's canonical texts, and arithmetic held against plain bigints.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addQuantity,
  compareQuantity,
  floorDivideQuantity,
  formatQuantity,
  multiplyQuantity,
  parseQuantity,
  quantityFrom,
  quantityToNumber,
  subtractQuantity,
  type Quantity,
} from './quantity.ts'

const cases: readonly { given: string; want: string; number: number }[] = [
  { given: '0', want: '0', number: 0 },
  { given: '0Ki', want: '0', number: 0 },
  { given: '100m', want: '100m', number: 0.1 },
  { given: '1000m', want: '1', number: 1 },
  { given: '1.5', want: '1500m', number: 1.5 },
  { given: '0.5', want: '500m', number: 0.5 },
  { given: '1.500', want: '1.500', number: 1.5 },
  { given: '1024', want: '1024', number: 1024 },
  { given: '1024Ki', want: '1Mi', number: 1048576 },
  { given: '1025Ki', want: '1025Ki', number: 1049600 },
  { given: '1.5Gi', want: '1536Mi', number: 1610612736 },
  { given: '0.5Ki', want: '512', number: 512 },
  { given: '0.1Ki', want: '102400m', number: 102.4 },
  { given: '1000k', want: '1M', number: 1_000_000 },
  { given: '12e6', want: '12e6', number: 12_000_000 },
  { given: '1e4', want: '10e3', number: 10_000 },
  { given: '1E', want: '1E', number: 1e18 },
  { given: '1E3', want: '1E3', number: 1000 },
  { given: '-1500m', want: '-1500m', number: -1.5 },
  { given: '-2000m', want: '-2', number: -2 },
  { given: '0.0000000001', want: '1n', number: 1e-9 },
  { given: '1.0000000001', want: '1000000001n', number: 1.000000001 },
  { given: '16Ei', want: '9223372036854775807', number: 2 ** 63 },
]

describe('parseQuantity()', () => {
  it.each(cases)('reads $given, which is written $want', ({ given, want, number }) => {
    expect(formatQuantity(parseQuantity(given))).toBe(want)
    expect(quantityToNumber(parseQuantity(given))).toBe(number)
  })

  it.each(['', 'a', '1.2.3', '1 Ki', '1Kib', '0x10'])('refuses %j', (given) => {
    expect(() => parseQuantity(given)).toThrow(/quantities must match the regular expression/)
  })

  it.each(['1ki', '1K', '1mi', '1ee3', '1k5', '--1', '1e1000000000'])('refuses the suffix of %j', (given) => {
    expect(() => parseQuantity(given)).toThrow("unable to parse quantity's suffix")
  })
})

const anyQuantity: fc.Arbitrary<Quantity> = fc.record({
  nanos: fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n }),
  format: fc.constantFrom('DecimalSI', 'BinarySI', 'DecimalExponent'),
})

describe('formatQuantity()', () => {
  it('writes text that reads as the same value', () => {
    fc.assert(
      fc.property(anyQuantity, (quantity) => {
        fc.pre(quantity.format !== 'BinarySI' || quantity.nanos < 2n ** 63n * 10n ** 9n)
        expect(parseQuantity(formatQuantity(quantity)).nanos).toBe(quantity.nanos)
      }),
    )
  })

  it('is stable: a canonical text is written back as it is', () => {
    fc.assert(
      fc.property(anyQuantity, (quantity) => {
        fc.pre(quantity.format !== 'BinarySI' || quantity.nanos < 2n ** 63n * 10n ** 9n)
        const text = formatQuantity(quantity)
        expect(formatQuantity(parseQuantity(text))).toBe(text)
      }),
    )
  })
})

describe('quantity arithmetic', () => {
  it('agrees with bigints', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, fc.bigInt({ min: -1000n, max: 1000n }), (left, right, times) => {
        expect(addQuantity(left, right).nanos).toBe(left.nanos + right.nanos)
        expect(subtractQuantity(left, right).nanos).toBe(left.nanos - right.nanos)
        expect(multiplyQuantity(left, times).nanos).toBe(left.nanos * times)
        expect(Math.sign(compareQuantity(left, right))).toBe(Math.sign(Number(left.nanos - right.nanos)))
      }),
    )
  })

  it('keeps the format of the left side, of the right where the left is zero', () => {
    expect(formatQuantity(addQuantity(parseQuantity('1Gi'), parseQuantity('512M')))).toBe('1548576Ki')
    expect(formatQuantity(addQuantity(parseQuantity('0'), parseQuantity('1Gi')))).toBe('1Gi')
    expect(formatQuantity(subtractQuantity(parseQuantity('1'), parseQuantity('250m')))).toBe('750m')
    expect(formatQuantity(multiplyQuantity(parseQuantity('1536Mi'), 2))).toBe('3Gi')
  })

  it.each([
    { whole: '4', part: '500m', want: 8 },
    { whole: '4', part: '3', want: 1 },
    { whole: '-1', part: '1', want: 0 },
    { whole: '1', part: '0', want: Number.POSITIVE_INFINITY },
  ])('floorDivideQuantity() fits $part into $whole $want times', ({ whole, part, want }) => {
    expect(floorDivideQuantity(parseQuantity(whole), parseQuantity(part))).toBe(want)
  })

  it('quantityFrom() makes whole units', () => {
    expect(formatQuantity(quantityFrom(2 ** 30, 'BinarySI'))).toBe('1Gi')
  })
})
