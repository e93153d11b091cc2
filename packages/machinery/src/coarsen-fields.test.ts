// Field sets that outlive a change of their schema.
import { describe, expect, it } from 'vitest'
import { coarsenFields } from './coarsen-fields.ts'
import { encodeFieldSet, parseFieldSet } from './field-set.ts'
import type { FieldsV1 } from './object.ts'
import { widgetSchema } from './test/widget.ts'

const cases: readonly { name: string; given: FieldsV1; want: FieldsV1 }[] = [
  { name: 'owns an atomic map whole', given: { 'f:whole': { '.': {}, 'f:a': {} } }, want: { 'f:whole': {} } },
  { name: 'owns an atomic list whole', given: { 'f:args': { 'v:"x"': {} } }, want: { 'f:args': {} } },
  {
    name: 'owns an unknown value as it did',
    given: { 'f:free': { 'f:a': { 'f:b': {} } } },
    want: { 'f:free': { 'f:a': { 'f:b': {} } } },
  },
]

describe('coarsenFields()', () => {
  it.each(cases)('coarsenFields() $name', ({ given, want }) => {
    const set = parseFieldSet({ 'f:spec': given })
    expect(encodeFieldSet(coarsenFields(set, widgetSchema))).toEqual({ 'f:spec': want })
  })

  it('coarsenFields() hands out the set itself when nothing is atomic', () => {
    const set = parseFieldSet({
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': {
        'f:granular': { 'f:a': {} },
        'f:ports': { 'k:{"port":1}': { '.': {}, 'f:port': {} } },
        'f:whole': {},
      },
    })
    expect(coarsenFields(set, widgetSchema)).toBe(set)
  })
})
