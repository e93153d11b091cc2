// What no body may hold, in each format.
import { describe, expect, test } from 'vitest'
import { decodeBody, formatOf, type BodyFormat } from './decode-body.ts'

const decode = (text: string, format: BodyFormat = 'json') => decodeBody(Buffer.from(text), format, false).value
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('decodeBody()', () => {
  test.each<{ name: string; format: BodyFormat; text: string }>([
    { name: 'a prototype key', format: 'json', text: '{"data":{"__proto__":{"x":1}}}' },
    { name: 'a prototype key written by escapes', format: 'json', text: '{"\\u005f_proto__":1}' },
    { name: 'a prototype key in a list', format: 'json', text: '[[{"__proto__":1}]]' },
    { name: 'a prototype key', format: 'yaml', text: 'data:\n  __proto__: 1' },
    { name: 'a quoted prototype key', format: 'yaml', text: '"\\x5f_proto__": 1' },
    { name: 'a prototype key of JSON', format: 'yaml', text: '{"__proto__":1}' },
  ])('refuses $name in $format', ({ text, format }) => {
    expect(() => decode(text, format)).toThrow('"__proto__" is not allowed')
  })

  test('leaves the prototype of all objects alone', () => {
    const value = decode('{"constructor":{"prototype":{"polluted":1}}}') as object
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  test('takes a body of a thousand levels and refuses more', () => {
    expect(decode(nested(1000))).toHaveLength(1)
    for (const depth of [1003, 100_000]) expect(() => decode(nested(depth))).toThrow(/max depth/)
    expect(() => decode('['.repeat(100_000))).toThrow(Error)
    expect(() => decode('{"a":'.repeat(50_000))).toThrow(Error)
  })

  test.each([
    { name: 'flow lists', text: '['.repeat(20_000) },
    { name: 'block lists', text: '- '.repeat(20_000) },
    { name: 'keys within keys', text: '? '.repeat(20_000) },
    { name: 'tags', text: `${'!!str '.repeat(2_000)}x` },
    { name: 'a list of aliases', text: `a: &a [x]\nb: [${'*a,'.repeat(5000)}]` },
    { name: 'merges', text: `a: &a {x: y}\nb:\n  <<: [${'*a,'.repeat(5000)}]` },
    { name: 'a megabyte and more of keys', text: 'a: b\n'.repeat(150_000) },
  ])('refuses YAML with $name', ({ text }) => {
    expect(() => decode(text, 'yaml')).toThrow(Error)
  })

  test('reads many keys of YAML, and JSON as YAML', () => {
    const keys = Array.from({ length: 5_000 }, (_, i) => `k${i}: v`).join('\n')
    expect(Object.keys(decode(keys, 'yaml') as object)).toHaveLength(5_000)
    const json = JSON.stringify({ data: 'x'.repeat(2_000_000) })
    expect(decode(json, 'yaml')).toEqual(JSON.parse(json))
    expect(decode('{a: b}', 'yaml')).toEqual({ a: 'b' })
  })
})

describe('formatOf()', () => {
  test.each([
    { type: undefined, want: 'json' },
    { type: 'application/json; charset=utf-8', want: 'json' },
    { type: 'Application/YAML', want: 'yaml' },
    { type: 'application/vnd.kubernetes.protobuf', want: 'protobuf' },
  ])('reads $type as $want', ({ type, want }) => {
    expect(formatOf(type, true)).toBe(want)
  })

  test.each(['text/plain', 'constructor', '__proto__', 'application/x-www-form-urlencoded'])('refuses %s', (type) => {
    expect(() => formatOf(type, true)).toThrow('unknown format')
  })

  test('refuses protobuf for custom resources', () => {
    expect(() => formatOf('application/vnd.kubernetes.protobuf', false)).toThrow('unknown format')
  })
})
