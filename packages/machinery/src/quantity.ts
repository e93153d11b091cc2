// Kubernetes quantities (`500m`, `1.5Gi`, `2e3`), exact: every value is a whole number of billionths.
// Specification: k8s.io/apimachinery/pkg/api/resource.
import { FlotillaError } from './errors.ts'

/** How a quantity prefers to be written: `1500m`, `2Gi`, `12e6`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  /** The value in billionths of the unit (nano). */
  readonly nanos: bigint
  readonly format: QuantityFormat
  /** The text that it was parsed from, where the API writes it back unchanged. */
  readonly text?: string
}

const nano = 1_000_000_000n
const binaryMaximum = (2n ** 63n - 1n) * nano
/** An exponent past this would make a number of a thousand digits: refused. */
const maximumExponent = 1000

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/
const shapeError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' }

/**
 * Reads a quantity from its text, or from a JSON number. Parts smaller than a billionth round away from zero.
 * Throws Invalid with the API server's words.
 */
export function parseQuantity(input: string | number): Quantity {
  const text = String(input)
  const match = text === '' ? null : shape.exec(text)
  if (match === null) throw new FlotillaError('Invalid', shapeError)
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match
  const unit = parseSuffix(suffix)
  if (unit === undefined) throw new FlotillaError('Invalid', "unable to parse quantity's suffix")
  const digits = BigInt(`0${whole}${fraction}`)
  const magnitude = scaleToNanos(digits, fraction.length, unit)
  const negative = sign === '-'
  const format = unit.format === 'BinarySI' && magnitude < nano && magnitude > 0n ? 'DecimalSI' : unit.format
  const value: Quantity = { nanos: negative ? -magnitude : magnitude, format }
  return keepsText(whole, fraction, unit) ? { ...value, text } : value
}

interface Unit {
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

function parseSuffix(suffix: string): Unit | undefined {
  const decimal = decimalSuffixes.indexOf(suffix)
  if (decimal >= 0) return { base: 10, exponent: (decimal - 3) * 3, format: 'DecimalSI' }
  const binary = binarySuffixes.indexOf(suffix)
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' }
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1]
  if (exponent === undefined || Math.abs(Number(exponent)) > maximumExponent) return undefined
  return { base: 10, exponent: Number(exponent), format: 'DecimalExponent' }
}

function scaleToNanos(digits: bigint, fractionDigits: number, unit: Unit): bigint {
  const multiplied = unit.base === 2 ? digits * 2n ** BigInt(unit.exponent) : digits
  const power = 9 - fractionDigits + (unit.base === 10 ? unit.exponent : 0)
  const nanos = power >= 0 ? multiplied * 10n ** BigInt(power) : divideUp(multiplied, 10n ** BigInt(-power))
  return unit.format === 'BinarySI' && nanos > binaryMaximum ? binaryMaximum : nanos
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}

/** Upstream writes some texts back as they came (`1.500`, `1024k`); these are its conditions. */
function keepsText(whole: string, fraction: string, unit: Unit): boolean {
  const stripped = whole.replace(/^0+/, '') || '0'
  const digits = stripped + fraction
  if (unit.format === 'BinarySI') {
    const precision = 15 - stripped.length - Math.trunc((unit.exponent * 3) / 10) - 1
    return fraction === '' && precision >= 0 && (BigInt(digits) & 7n) !== 0n
  }
  const scale = unit.exponent - fraction.length
  const fits = digits.length <= 18 && scale >= -9
  return fits && scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
}

/** Negative, zero or positive, as for sorting. */
export function compareQuantity(left: Quantity, right: Quantity): number {
  return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0
}

/** The sum, written as `left` is (as `right` where left is zero). */
export function addQuantity(left: Quantity, right: Quantity): Quantity {
  return { nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

/** The difference, written as `left` is (as `right` where left is zero). */
export function subtractQuantity(left: Quantity, right: Quantity): Quantity {
  return { nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

/** `quantity` so many times; `times` is a whole number. */
export function multiplyQuantity(quantity: Quantity, times: number | bigint): Quantity {
  return { nanos: quantity.nanos * BigInt(times), format: quantity.format }
}

/**
 * How many whole `part`s fit into `whole`; 0 where `whole` is negative, Infinity where `part` is not above zero
 * (something that asks for nothing always fits). Past 2^53 the number is approximate.
 */
export function floorDivideQuantity(whole: Quantity, part: Quantity): number {
  if (part.nanos <= 0n) return Number.POSITIVE_INFINITY
  return whole.nanos <= 0n ? 0 : Number(whole.nanos / part.nanos)
}

/** The nearest double: exact for whole numbers up to 2^53, else the usual loss of floating point. */
export function quantityToNumber(quantity: Quantity): number {
  const whole = quantity.nanos / nano
  const rest = quantity.nanos % nano
  return rest === 0n ? Number(whole) : Number(whole) + Number(rest) / 1e9
}

/** A whole number of units (replicas, bytes, cores) as a quantity. */
export function quantityFrom(units: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(units) * nano, format }
}

/** The text that the API writes: canonical, or the original where upstream keeps it. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  const { nanos } = quantity
  if (nanos === 0n) return '0'
  const small = nanos > -1024n * nano && nanos < 1024n * nano
  if (quantity.format === 'BinarySI' && !small && nanos % nano === 0n) return formatBinary(nanos / nano)
  return formatDecimal(nanos, quantity.format === 'DecimalExponent')
}

function formatBinary(units: bigint): string {
  const [mantissa, times] = removeFactors(units, 1024n, binarySuffixes.length - 1)
  return `${mantissa}${binarySuffixes[times]}`
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  const limit = asExponent ? Number.MAX_SAFE_INTEGER : decimalSuffixes.length - 1
  const [mantissa, thousands] = removeFactors(nanos, 1000n, limit)
  if (!asExponent) return `${mantissa}${decimalSuffixes[thousands]}`
  const exponent = thousands * 3 - 9
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`
}

function removeFactors(value: bigint, factor: bigint, atMost: number): [mantissa: bigint, times: number] {
  let mantissa = value
  let times = 0
  while (times < atMost && mantissa % factor === 0n) {
    mantissa /= factor
    times += 1
  }
  return [mantissa, times]
}
