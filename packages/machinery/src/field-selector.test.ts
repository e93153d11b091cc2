// Field selectors: terms, escapes and refusals.
import { describe, expect, it } from 'vitest'
import { formatFieldSelector, matchesFields, parseFieldSelector, requiredValue } from './field-selector.ts'

describe('parseFieldSelector()', () => {
  it.each([
    { given: 'metadata.name=web', want: [{ field: 'metadata.name', operator: '=', value: 'web' }] },
    { given: 'a==b', want: [{ field: 'a', operator: '=', value: 'b' }] },
    {
      given: 'b!=,a=x',
      want: [
        { field: 'a', operator: '=', value: 'x' },
        { field: 'b', operator: '!=', value: '' },
      ],
    },
    { given: 'a=x\\,y\\=z\\\\', want: [{ field: 'a', operator: '=', value: 'x,y=z\\' }] },
    { given: ',', want: [] },
  ])('reads $given', ({ given, want }) => {
    expect(parseFieldSelector(given)).toEqual(want)
    expect(parseFieldSelector(formatFieldSelector(parseFieldSelector(given)))).toEqual(want)
  })

  it.each([
    { given: 'a', want: "invalid selector: 'a'; can't understand 'a'" },
    { given: 'a=b=c', want: 'invalid field selector: unescaped character in value: 61' },
    { given: 'a=\\n', want: 'invalid field selector: invalid escape sequence: \\n' },
    { given: 'a=b\\', want: 'invalid field selector: invalid escape sequence: \\' },
  ])('refuses $given', ({ given, want }) => {
    expect(() => parseFieldSelector(given)).toThrow(want)
  })
})

describe('matchesFields()', () => {
  it('takes an absent field for an empty one', () => {
    const valueOf = (field: string) => (field === 'a' ? '1' : undefined)
    expect(matchesFields(parseFieldSelector('a=1,b='), valueOf)).toBe(true)
    expect(matchesFields(parseFieldSelector('b!='), valueOf)).toBe(false)
    expect(requiredValue(parseFieldSelector('a=1,b!=2'), 'a')).toBe('1')
    expect(requiredValue(parseFieldSelector('a=1,b!=2'), 'b')).toBeUndefined()
  })
})
