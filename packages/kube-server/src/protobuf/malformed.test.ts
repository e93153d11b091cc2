// Bytes that are no message, or a damaged one: they are refused, and never crash or keep the server busy.
import { isError } from '@flotilla/machinery/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBody } from '../http/decode-body.ts'
import { decodeEnvelope } from './decode.ts'

const magic = Buffer.from('k8s\0')
const kinds = ['Pod', 'ConfigMap', 'Secret', 'Event', 'Node'].map((kind) => ({ apiVersion: 'v1', kind }))
const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

function field(number: number, bytes: Uint8Array): Buffer {
  const length = [(bytes.length & 0x7f) | 0x80, (bytes.length >> 7) & 0x7f]
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes])
}

function envelope({ apiVersion, kind }: (typeof kinds)[number], raw: Uint8Array): Buffer {
  const meta = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))])
  return Buffer.concat([magic, field(1, meta), field(2, raw)])
}

/** Whether the bytes gave an object or were refused for what they are. */
function isHandled(bytes: Buffer): boolean {
  try {
    return typeof decodeBody(bytes, 'protobuf', false).value === 'object'
  } catch (error) {
    return isError(error, 'BadRequest') || error instanceof SyntaxError
  }
}

const shape = fc.constantFrom(...kinds, definition)
const noise = fc.uint8Array({ maxLength: 300 })
/** Mostly well-formed: fields of small numbers that hold fields. */
const message = fc.letrec<{ node: Uint8Array }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 8, withCrossShrink: true },
    fc.uint8Array({ maxLength: 12 }),
    fc
      .array(fc.tuple(fc.integer({ min: 1, max: 15 }), tie('node')), { maxLength: 3 })
      .map((fields) => Buffer.concat(fields.map(([number, bytes]) => field(number, bytes)))),
  ),
})).node

describe('decodeEnvelope()', () => {
  test('refuses any noise', () => {
    fc.assert(fc.property(noise, (bytes) => isHandled(Buffer.from(bytes))))
    fc.assert(fc.property(noise, (bytes) => isHandled(Buffer.concat([magic, bytes]))))
  })

  test('reads or refuses any fields of any kind', () => {
    fc.assert(fc.property(shape, fc.oneof(noise, message), (kind, bytes) => isHandled(envelope(kind, bytes))))
  })

  test('refuses messages that are nested without end, and lengths past the end', () => {
    let deep: Buffer = Buffer.alloc(0)
    for (let i = 0; i < 1000; i++) deep = field(1, deep)
    expect(isHandled(envelope(definition, deep))).toBe(true)
    const huge = Buffer.concat([magic, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f])])
    expect(() => decodeEnvelope(huge)).toThrow()
  })
})
