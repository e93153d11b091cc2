// Go's words for JSON that does not parse, and fields that are given twice.
import { describe, expect, test } from 'vitest'
import { duplicateFields, syntaxErrorOf } from './json-syntax.ts'

describe('syntaxErrorOf()', () => {
  test.each([
    { given: '', want: 'unexpected end of JSON input' },
    { given: '{', want: 'unexpected end of JSON input' },
    { given: '{"a":', want: 'unexpected end of JSON input' },
    { given: '{"a', want: 'unexpected end of JSON input' },
    { given: '{"a":1} x', want: "invalid character 'x' after top-level value" },
    { given: '{a:1}', want: "invalid character 'a' looking for beginning of object key string" },
    { given: '{"a":1,}', want: "invalid character '}' looking for beginning of object key string" },
    { given: '{"a" 1}', want: "invalid character '1' after object key" },
    { given: '{"a":1 "b":2}', want: "invalid character '\"' after object key:value pair" },
    { given: '[1 2]', want: "invalid character '2' after array element" },
    { given: '[1,]', want: "invalid character ']' looking for beginning of value" },
    { given: '{"a":tru}', want: "invalid character '}' in literal true" },
    { given: "'a'", want: "invalid character '\\'' looking for beginning of value" },
    { given: '"a\nb"', want: "invalid character '\n' in string literal" },
  ])('tells of $given', ({ given, want }) => {
    expect(() => JSON.parse(given)).toThrow()
    expect(syntaxErrorOf(given)).toBe(want)
  })
})

describe('duplicateFields()', () => {
  test.each([
    { given: '{"a":1,"b":{"a":2}}', want: [] },
    { given: '{"a":1,"a":2}', want: ['a'] },
    { given: '{"data":{"x":"1"},"data":{"x":"2","x":"3"}}', want: ['data', 'data.x'] },
    { given: '{"l":[{"a":1},{"a":1,"a":2}]}', want: ['l[1].a'] },
    { given: '{"a":"\\"a\\":1,","b":["a","a"]}', want: [] },
    { given: '{"a":1,"\\u0061":2}', want: ['a'] },
  ])('finds $want in $given', ({ given, want }) => {
    expect(duplicateFields(given)).toEqual(want)
  })
})
