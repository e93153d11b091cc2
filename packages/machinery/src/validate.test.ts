// Schemas at work: validation's words, pruning, unknown fields, defaults, and that nothing is copied without need.
import { describe, expect, it } from 'vitest'
import { applyDefaults } from './defaults.ts'
import { matchesPattern, mayExplode } from './pattern.ts'
import { dropUnknownFields, pruneValue, unknownFields } from './prune.ts'
import type { KindSchema, Schema } from './schema.ts'
import { validateValue } from './validate.ts'

function kindOf(root: Schema, refs: Record<string, Schema> = {}): KindSchema {
  return { root, resolve: (ref) => refs[ref.replace('#/components/schemas/', '')] }
}

const widget = kindOf(
  {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1, maximum: 9 },
          color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
          name: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]+$' },
          port: { 'x-kubernetes-int-or-string': true },
          tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2, 'x-kubernetes-list-type': 'set' },
          parts: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['id'],
            items: { $ref: '#/components/schemas/Part' },
          },
          either: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }], properties: { a: {}, b: {} } },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          map: { type: 'object', additionalProperties: { type: 'integer' } },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true },
          inner: { allOf: [{ $ref: '#/components/schemas/Part' }], default: {} },
        },
      },
    },
  },
  { Part: { type: 'object', properties: { id: { type: 'string' }, weight: { type: 'number', default: 1.5 } } } },
)

const valid = { spec: { size: 3, name: 'abc', port: 'http', tags: ['a'], either: { a: 1 }, map: { x: 1 } } }

const wrong: readonly { name: string; given: object; want: readonly string[] }[] = [
  { name: 'a missing field', given: {}, want: ['spec.size | FieldValueRequired | Required value'] },
  {
    name: 'a wrong type',
    given: { size: 'x' },
    want: [
      'spec.size | FieldValueTypeInvalid | Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
  },
  {
    name: 'null',
    given: { size: null },
    want: [
      'spec.size | FieldValueTypeInvalid | Invalid value: "null": spec.size in body must be of type integer: "null"',
    ],
  },
  {
    name: 'a fraction',
    given: { size: 1.5 },
    want: [
      'spec.size | FieldValueTypeInvalid | Invalid value: "number": spec.size in body must be of type integer: "number"',
      '<nil> | FieldValueInvalid | Invalid value: "": Checked value must be of type integer (default format) in spec.size',
    ],
  },
  {
    name: 'too much',
    given: { size: 10 },
    want: ['spec.size | FieldValueInvalid | Invalid value: 10: spec.size in body should be less than or equal to 9'],
  },
  {
    name: 'an unknown value',
    given: { size: 1, color: 'green' },
    want: ['spec.color | FieldValueNotSupported | Unsupported value: "green": supported values: "red", "blue"'],
  },
  {
    name: 'a long string',
    given: { size: 1, name: 'abcde' },
    want: ['spec.name | FieldValueTooLong | Too long: may not be more than 4 bytes'],
  },
  {
    name: 'a short string',
    given: { size: 1, name: 'a' },
    want: ['spec.name | FieldValueInvalid | Invalid value: "a": spec.name in body should be at least 2 chars long'],
  },
  {
    name: 'another pattern',
    given: { size: 1, name: 'AB' },
    want: ['spec.name | FieldValueInvalid | Invalid value: "AB": spec.name in body should match \'^[a-z]+$\''],
  },
  {
    name: 'int-or-string',
    given: { size: 1, port: true },
    want: [
      'spec.port | FieldValueTypeInvalid | Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ],
  },
  {
    name: 'too many items',
    given: { size: 1, tags: ['a', 'b', 'c'] },
    want: ['spec.tags | FieldValueTooMany | Too many: 3: must have at most 2 items'],
  },
  {
    name: 'a set with a duplicate',
    given: { size: 1, tags: ['a', 'a'] },
    want: ['spec.tags[1] | FieldValueDuplicate | Duplicate value: "a"'],
  },
  {
    name: 'a map list with a duplicate',
    given: { size: 1, parts: [{ id: 'a' }, { id: 'a', weight: 2 }] },
    want: ['spec.parts[1] | FieldValueDuplicate | Duplicate value: {"id":"a"}'],
  },
  {
    name: 'an item by reference',
    given: { size: 1, parts: [{ id: 1 }] },
    want: [
      'spec.parts[0].id | FieldValueTypeInvalid | Invalid value: "integer": spec.parts[0].id in body must be of type string: "integer"',
    ],
  },
  {
    name: 'a map value',
    given: { size: 1, map: { x: 'y' } },
    want: [
      'spec.map.x | FieldValueTypeInvalid | Invalid value: "string": spec.map.x in body must be of type integer: "string"',
    ],
  },
  {
    name: 'two alternatives at once',
    given: { size: 1, either: { a: 1, b: 1 } },
    want: [
      '<nil> | FieldValueInvalid | Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  },
  {
    name: 'an embedded resource without a kind',
    given: { size: 1, template: { apiVersion: 'v1' } },
    want: ['spec.template.kind | FieldValueRequired | Required value'],
  },
]

describe('validateValue()', () => {
  it('finds nothing wrong with a valid value', () => {
    expect(validateValue(widget, valid, { checkListTypes: true })).toEqual([])
  })

  it.each(wrong)('names $name', ({ given, want }) => {
    const causes = validateValue(widget, { spec: given }, { checkListTypes: true })
    expect(causes.map(({ field, reason, message }) => `${field} | ${reason} | ${message}`)).toEqual(want)
  })
})

describe('matchesPattern()', () => {
  it.each([
    '(a+)+$',
    '(a*)*',
    '^(([a-z])+.)+[A-Z]',
    '(\\.a|[a-z]+)*',
    '(.*,)*',
    '(a[a-z]*)+',
    '(x+x+)+y',
    '(a)\\1*',
    '(a|a)*$',
    '(a?a?)*$',
  ])('refuses %s', (pattern) => {
    expect(mayExplode(pattern)).toBe(true)
    expect(matchesPattern(pattern, 'a'.repeat(100))).toBeUndefined()
  })

  it.each([
    { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$', match: 'a.b-c.d' },
    { pattern: '(?i)^abc$', match: 'ABC' },
    { pattern: '^[[:alpha:]]+$', match: 'abc' },
    { pattern: '^\\d+\\_x$', match: '1_x' },
    { pattern: '^([a-z]+/)*[a-z]+$', match: 'a/b/c' },
  ])('compiles $pattern', ({ pattern, match }) => {
    expect(mayExplode(pattern)).toBe(false)
    expect(matchesPattern(pattern, match)).toBe(true)
  })
})

describe('matchesPattern() with a suspicious pattern', () => {
  it('tries short values, and says of long ones that it cannot tell', () => {
    const duration = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'
    expect(matchesPattern(duration, '1h30m')).toBe(true)
    expect(matchesPattern(duration, '1x')).toBe(false)
    expect(matchesPattern(duration, '1h'.repeat(20))).toBeUndefined()
    expect(matchesPattern('(', 'a')).toBeUndefined()
  })
})

describe('pruneValue()', () => {
  it('drops what the schema does not name and says so', () => {
    const given = {
      apiVersion: 'x/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      extra: 1,
      spec: {
        size: 1,
        typo: { a: 1 },
        free: { any: 1 },
        parts: [{ id: 'a', more: 1 }],
        template: { kind: 'Pod', spec: 1 },
      },
    }
    const { value, pruned } = pruneValue(widget, given)
    expect(pruned).toEqual(['extra', 'spec.parts[0].more', 'spec.template.spec', 'spec.typo'])
    expect(value).toEqual({
      apiVersion: 'x/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: { size: 1, free: { any: 1 }, parts: [{ id: 'a' }], template: { kind: 'Pod' } },
    })
    expect(value.metadata).toBe(given.metadata)
  })

  it('returns the same value when nothing is dropped', () => {
    expect(pruneValue(widget, valid).value).toBe(valid)
  })

  it('takes field names of Object for unknown ones', () => {
    expect(pruneValue(widget, { constructor: 1, spec: { toString: 1 } }).pruned).toEqual([
      'constructor',
      'spec.toString',
    ])
  })
})

describe('unknownFields()', () => {
  const builtIn = kindOf({
    type: 'object',
    properties: { spec: { type: 'object', properties: { raw: { type: 'object' }, a: {} } } },
  })

  it('words them as strict decoding does, and leaves untyped objects alone', () => {
    const given = { spec: { raw: { x: 1 }, a: { y: 1 }, foo: 1 }, bar: 1 }
    expect(unknownFields(builtIn, given)).toEqual(['unknown field "spec.foo"', 'unknown field "bar"'])
    expect(dropUnknownFields(builtIn, given).value).toEqual({ spec: { raw: { x: 1 }, a: { y: 1 } } })
  })
})

describe('applyDefaults()', () => {
  it('fills in what is missing, also inside of defaults', () => {
    expect(applyDefaults(widget, { spec: { size: 1, parts: [{ id: 'a' }], color: null } })).toEqual({
      spec: { size: 1, color: 'red', inner: { weight: 1.5 }, parts: [{ id: 'a', weight: 1.5 }] },
    })
  })

  it('drops a null where the schema allows none and states no default', () => {
    expect(applyDefaults(widget, { spec: { size: null, map: { x: null }, other: null } })).toEqual({
      spec: { color: 'red', inner: { weight: 1.5 }, map: {}, other: null },
    })
  })

  it('leaves such a null when asked to, for validation to refuse', () => {
    expect(applyDefaults(widget, { spec: { size: null, color: null } }, { keepsNulls: true })).toEqual({
      spec: { size: null, color: 'red', inner: { weight: 1.5 } },
    })
  })

  it('makes no parents, and returns the same value when nothing is missing', () => {
    const empty = {}
    expect(applyDefaults(widget, empty)).toBe(empty)
    const full = { spec: { size: 1, color: 'blue', inner: { weight: 2 } } }
    expect(applyDefaults(widget, full)).toBe(full)
  })
})
