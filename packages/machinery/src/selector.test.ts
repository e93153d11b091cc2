// Label selectors: what they mean, how they are written, what the API server says of wrong ones.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSelector, fromLabelSelector, matchesLabels, parseLabelSelector, type Selector } from './selector.ts'

const labels = { app: 'web', tier: 'front', size: '3', empty: '' }

const matches: readonly { given: string; want: boolean }[] = [
  { given: '', want: true },
  { given: 'app=web', want: true },
  { given: 'app == web', want: true },
  { given: 'app!=web', want: false },
  { given: 'gone!=web', want: true },
  { given: 'app', want: true },
  { given: '!app', want: false },
  { given: '!gone', want: true },
  { given: 'app in (api, web)', want: true },
  { given: 'app notin (api,web)', want: false },
  { given: 'gone notin (api)', want: true },
  { given: 'size>2,size<4', want: true },
  { given: 'size>3', want: false },
  { given: 'app>1', want: false },
  { given: 'empty=', want: true },
  { given: 'empty in ()', want: true },
  { given: 'empty in (,x)', want: true },
  { given: 'app=web,tier=back', want: false },
  { given: 'constructor', want: false },
  { given: 'toString!=x', want: true },
  { given: 'in in (in)', want: false },
]

describe('parseLabelSelector()', () => {
  it.each(matches)('reads $given', ({ given, want }) => {
    expect(matchesLabels(parseLabelSelector(given), labels)).toBe(want)
  })

  it.each([
    { given: '=a', want: "found '=', expected: !, identifier, or 'end of string'" },
    { given: 'a=b,', want: "found '', expected: identifier after ','" },
    { given: 'a=b c', want: "found 'c', expected: ',' or 'end of string'" },
    { given: 'a b', want: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt" },
    { given: 'a in b', want: "unable to parse requirement: found 'b' expected: '('" },
    { given: '!a in (b)', want: "found 'in', expected: ',' or 'end of string'" },
    { given: 'a in (b,', want: "unable to parse requirement: found '', expected: ',', or identifier" },
    { given: 'a=b=c', want: "found '=', expected: ',' or 'end of string'" },
    {
      given: 'a>x',
      want: "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    },
  ])('refuses $given', ({ given, want }) => {
    expect(() => parseLabelSelector(given)).toThrow(want)
  })

  it('names the rule for a wrong key and a wrong value', () => {
    expect(() => parseLabelSelector('-a=b')).toThrow(
      'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters',
    )
    expect(() => parseLabelSelector('a=-b')).toThrow(
      'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be an empty string or',
    )
  })
})

describe('fromLabelSelector()', () => {
  it('selects nothing without a selector, everything with an empty one', () => {
    expect(matchesLabels(fromLabelSelector(undefined), labels)).toBe(false)
    expect(matchesLabels(fromLabelSelector({}), undefined)).toBe(true)
  })

  it('joins labels and expressions', () => {
    const selector = fromLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    })
    expect(formatSelector(selector)).toBe('app=web,!gone,tier in (back,front)')
    expect(matchesLabels(selector, labels)).toBe(true)
  })

  it('refuses an unknown operator, In without values and Exists with some', () => {
    const of = (operator: string, values: string[]) => () =>
      fromLabelSelector({ matchExpressions: [{ key: 'a', operator, values }] })
    expect(of('Foo', [])).toThrow('"Foo" is not a valid label selector operator')
    expect(of('In', [])).toThrow("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
    expect(of('Exists', ['x'])).toThrow('values set must be empty for exists and does not exist')
  })
})

const word = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/)
const requirement: fc.Arbitrary<Selector[number]> = fc.oneof(
  fc.record({ key: word, operator: fc.constantFrom('exists' as const, '!' as const), values: fc.constant([]) }),
  fc.record({ key: word, operator: fc.constantFrom('=' as const, '!=' as const), values: fc.tuple(word) }),
  fc.record({
    key: word,
    operator: fc.constantFrom('in' as const, 'notin' as const),
    values: fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((values) => values.sort()),
  }),
)

describe('formatSelector()', () => {
  it('writes what parseLabelSelector() reads back', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 5 }), (requirements) => {
        const text = formatSelector(requirements)
        expect(formatSelector(parseLabelSelector(text))).toBe(
          formatSelector(requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))),
        )
      }),
    )
  })
})
