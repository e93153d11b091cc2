import { Reader } from '../protobuf/reader.ts'
import { describe, expect, test } from 'vitest'
import { encodeOpenApiV2 } from './v2-protobuf.ts'

/** Fields of an encoded message, by number. */
function fieldsOf(bytes: Buffer): Map<number, readonly Buffer[]> {
  const fields = new Map<number, readonly Buffer[]>()
  const reader = new Reader(bytes)
  while (!reader.done) {
    const { field } = reader.tag()
    fields.set(field, [...(fields.get(field) ?? []), reader.bytes()])
  }
  return fields
}

function only(bytes: Buffer, ...path: readonly number[]): Buffer {
  return path.reduce((at, number) => fieldsOf(at).get(number)?.[0] ?? Buffer.from('missing'), bytes)
}

function schemaOf(schema: object): Buffer {
  return only(encodeOpenApiV2({ swagger: '2.0', definitions: { 'io.example.Thing': schema } }), 9, 1, 2)
}

describe('encodeOpenApiV2()', () => {
  test('encodeOpenApiV2() names version and definitions', () => {
    const bytes = encodeOpenApiV2({ swagger: '2.0', info: { title: 'T' }, definitions: { 'io.example.Thing': {} } })
    expect(only(bytes, 1).toString()).toBe('2.0')
    expect(only(bytes, 2, 1).toString()).toBe('T')
    expect(only(bytes, 9, 1, 1).toString()).toBe('io.example.Thing')
  })

  const cases = [
    { name: 'a reference', given: { $ref: '#/definitions/a.B' }, path: [1], want: '#/definitions/a.B' },
    { name: 'a type', given: { type: 'string', format: 'int-or-string' }, path: [22, 1], want: 'string' },
    { name: 'required fields', given: { type: 'object', required: ['spec'] }, path: [19], want: 'spec' },
    {
      name: 'a property',
      given: { properties: { spec: { type: 'object' } } },
      path: [25, 1, 2, 22, 1],
      want: 'object',
    },
    {
      name: 'the items of a list',
      given: { type: 'array', items: { type: 'integer' } },
      path: [23, 1, 22, 1],
      want: 'integer',
    },
    { name: 'a list of anything', given: { type: 'array' }, path: [23, 1], want: '' },
    {
      name: 'values of a map',
      given: { additionalProperties: { type: 'boolean' } },
      path: [21, 1, 22, 1],
      want: 'boolean',
    },
    { name: 'an extension', given: { 'x-a': [{ kind: 'Pod' }] }, path: [31, 2, 2], want: '[{"kind":"Pod"}]\n' },
    { name: 'a long text', given: { description: 'long '.repeat(100) }, path: [4], want: 'long '.repeat(100) },
  ]
  for (const { name, given, path, want } of cases) {
    test(`encodeOpenApiV2() writes ${name}`, () => expect(only(schemaOf(given), ...path).toString()).toBe(want))
  }
})
