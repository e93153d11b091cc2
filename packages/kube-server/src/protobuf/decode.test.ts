// Bodies as typed Go clients send them, made by a small encoder.
import { describe, expect, test } from 'vitest'
import { decodeEnvelope } from './decode.ts'

function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const number = (field: number, value: number | bigint) => Buffer.concat([varint(field * 8), varint(value)])

function message(field: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body])
}

function envelope(apiVersion: string, kind: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.from('k8s\0'),
    message(1, message(1, apiVersion), message(2, kind)),
    message(2, ...parts),
  ])
}

const named = (name: string) => message(1, message(1, name), message(3, ''), message(8, ''))

describe('decodeEnvelope()', () => {
  test('reads maps, bytes and text, and drops what Go always writes', () => {
    const data = message(2, message(1, 'key'), message(2, 'value'))
    const binary = message(3, message(1, 'raw'), message(2, Buffer.from([1, 2, 3])))
    expect(decodeEnvelope(envelope('v1', 'ConfigMap', named('a'), data, binary))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { key: 'value' },
      binaryData: { raw: 'AQID' },
    })
  })

  test('keeps the zero of a pointer and drops the zero of a value', () => {
    const spec = message(2, number(1, 0), number(5, 0))
    expect(decodeEnvelope(envelope('apps/v1', 'Deployment', named('a'), spec))).toMatchObject({ spec: { replicas: 0 } })
    expect(decodeEnvelope(envelope('apps/v1', 'Deployment', named('a'), spec))['spec']).not.toHaveProperty(
      'minReadySeconds',
    )
  })

  test('reads quantities, int-or-string and negative numbers', () => {
    const port = message(
      1,
      message(1, 'http'),
      number(3, 80),
      message(4, number(1, 1), number(2, 0), message(3, 'web')),
      number(5, 0),
    )
    const service = decodeEnvelope(envelope('v1', 'Service', named('a'), message(2, port)))
    expect(service).toMatchObject({ spec: { ports: [{ name: 'http', port: 80, targetPort: 'web' }] } })
    const priority = decodeEnvelope(envelope('scheduling.k8s.io/v1', 'PriorityClass', named('p'), number(2, -5n)))
    expect(priority).toMatchObject({ value: -5 })
  })

  test.each([
    { name: 'no envelope', bytes: Buffer.from('{}') },
    { name: 'an unknown kind', bytes: envelope('x.io/v1', 'Widget') },
    { name: 'a cut body', bytes: envelope('v1', 'ConfigMap', named('abc')).subarray(0, -3) },
    {
      name: 'a prototype key',
      bytes: envelope('v1', 'ConfigMap', message(2, message(1, '__proto__'), message(2, 'x'))),
    },
  ])('refuses $name', ({ bytes }) => {
    expect(() => decodeEnvelope(bytes)).toThrow(/Cannot read the protobuf body/)
  })
})
