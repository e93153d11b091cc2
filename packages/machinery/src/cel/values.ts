// Plain JSON to CEL's values and back.
import { celList, celMap, isCelList, isCelMap, isCelType, isCelUint } from '@bufbuild/cel'
import type { CelInput, CelList, CelMap, CelValue } from '@bufbuild/cel'
import { FlotillaError } from '../errors.ts'
import { isJsonObject } from '../json-value.ts'
import { LazyFields } from './lazy-fields.ts'
import { textOfOpaque } from './opaque.ts'

/** Deeper than any object that an API server takes. */
const maximumDepth = 200

/** JSON has one kind of number: one without a fraction is an int, as the API server has it for objects without a schema. */
export function toCel(value: unknown, depth = 0): CelInput {
  if (depth > maximumDepth) throw new FlotillaError('Invalid', `objects deeper than ${maximumDepth} are not evaluated`)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return celList(value.map((item) => toCel(item, depth + 1)))
  if (!isJsonObject(value)) return null
  return celMap(new LazyFields(value, (field) => toCel(field, depth + 1)))
}

/** Throws Invalid for what JSON cannot say: NaN, infinite and unsafe numbers, keys that are no text, types. */
export function fromCel(value: CelValue): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return whole(value)
  if (typeof value === 'number') return finite(value)
  if (isCelUint(value)) return whole(value.value)
  if (isCelList(value)) return [...(value as CelList)].map(fromCel)
  if (isCelMap(value)) return textOfOpaque(value) ?? fromMap(value as CelMap)
  if (value instanceof Uint8Array) return base64(value)
  if (isCelType(value)) throw new FlotillaError('Invalid', `the result is a type, ${value.name}`)
  return String(value)
}

function fromMap(map: CelMap): unknown {
  return Object.fromEntries(
    [...map].map(([key, value]) => {
      if (typeof key !== 'string') throw new FlotillaError('Invalid', `the result has the key ${String(key)}, no text`)
      return [key, fromCel(value)]
    }),
  )
}

function whole(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new FlotillaError('Invalid', `the result ${value} is out of range`)
  return number
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new FlotillaError('Invalid', `the result is ${value}`)
  return value
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64()
}

/** Text that is the same for equal values, whatever the order of their keys. */
export function normalOf(value: CelValue): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sorted)
    if (!isJsonObject(part)) return part
    return Object.entries(part)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)])
  }
  return JSON.stringify(sorted(fromCel(value)))
}
