// Names and keys: what is valid, and the messages for what is not.
import { describe, expect, it } from 'vitest'
import {
  annotationsBytes,
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelKey,
  checkLabelValue,
  checkPathSegmentName,
  utf8Length,
} from './names.ts'

describe('name checks', () => {
  it.each([
    { check: checkDns1123Label, good: ['a', 'a-1', '1a'], bad: ['', 'A', '-a', 'a-', 'a.b', 'ä', 'a'.repeat(64)] },
    {
      check: checkDns1123Subdomain,
      good: ['a.b', 'a', 'x'.repeat(253)],
      bad: ['', 'a..b', '.a', 'a_b', 'x'.repeat(254)],
    },
    { check: checkDns1035Label, good: ['a', 'a1'], bad: ['1a', 'a-', ''] },
    { check: checkLabelKey, good: ['a', 'A_b.c', 'x.io/y'], bad: ['', '/a', 'a/', 'a/b/c', 'X/y', 'a'.repeat(64)] },
    { check: checkLabelValue, good: ['', 'a', 'A_1.b'], bad: ['-a', 'a b', 'a'.repeat(64)] },
    { check: checkPathSegmentName, good: ['system:admin'], bad: ['.', '..', 'a/b', '50%'] },
  ])('$check.name() tells good from bad', ({ check, good, bad }) => {
    for (const value of good) expect({ value, errors: check(value) }).toEqual({ value, errors: [] })
    for (const value of bad) expect({ value, isValid: check(value).length === 0 }).toEqual({ value, isValid: false })
  })

  it('checkDns1123Label() words it as the API server does', () => {
    expect(checkDns1123Label('A')).toEqual([
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
        "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ])
    expect(checkDns1123Label('a.b')).toEqual(['must not contain dots'])
  })

  it('utf8Length() and annotationsBytes() count bytes', () => {
    for (const text of ['a', 'é', '€', '😀', 'x😀é€'])
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
    expect(annotationsBytes({ ab: 'é', c: '' })).toBe(5)
  })
})
