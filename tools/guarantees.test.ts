import { describe, expect, test } from 'vitest'
import { checkGuarantees, hasTest, titlesIn } from './guarantees.ts'

const source = [
  `test('removes nothing without evidence', async () => {})`,
  `test("fields are others' to set", () => {})`,
  `test('keeps a person\\'s own', () => {})`,
  `test.each([{ name: 'a 403' }, { name: 'a 404' }])('deletes nothing on $name', () => {})`,
  'test.each(kinds)(`refuses %s`, () => {})',
  `describe('planStep()', () => {})`,
  `const kinds = ['Lease']`,
].join('\n')

const row = (reference: string) => ['| Promise | Test |', '|---|---|', `| Some promise | ${reference} |`].join('\n')
const read = (file: string) => (file === 'a.test.ts' ? source : undefined)

describe('titlesIn()', () => {
  test('finds titles in every kind of quotes, and those of tables', () => {
    expect(titlesIn(source)).toEqual([
      'removes nothing without evidence',
      "fields are others' to set",
      "keeps a person's own",
      'deletes nothing on $name',
      'refuses %s',
    ])
  })
})

describe('hasTest()', () => {
  test.each([
    { name: 'a title', title: 'removes nothing without evidence', want: true },
    { name: 'a title with its placeholder', title: 'deletes nothing on $name', want: true },
    { name: 'a case of a table', title: 'deletes nothing on a 403', want: true },
    { name: 'a case that the table does not have', title: 'deletes nothing on a 500', want: false },
    { name: 'words of the source that are no case', title: 'deletes nothing on test', want: false },
    { name: 'a part of a title', title: 'removes nothing', want: false },
    { name: 'the title of a describe', title: 'planStep()', want: false },
  ])('knows $name', ({ title, want }) => expect(hasTest(source, title)).toBe(want))
})

describe('checkGuarantees()', () => {
  test.each([
    { name: 'a test', reference: '`a.test.ts` "refuses Lease"' },
    { name: 'several tests', reference: '`a.test.ts` "refuses Lease", `a.test.ts` "deletes nothing on a 404"' },
    { name: 'what comes later', reference: 'later: with failover' },
  ])('accepts a row that names $name', ({ reference }) => {
    expect(checkGuarantees(row(reference), read)).toEqual([])
  })

  test.each([
    { name: 'a test that was renamed', reference: '`a.test.ts` "refuses Leases"', want: 'a.test.ts has no test' },
    { name: 'a file that is gone', reference: '`b.test.ts` "refuses Lease"', want: 'there is no b.test.ts' },
    { name: 'no test', reference: 'surely', want: 'names no test' },
    { name: 'an excuse without a reason', reference: 'later', want: 'names no test' },
  ])('refuses a row that names $name', ({ reference, want }) => {
    expect(checkGuarantees(row(reference), read)).toEqual([
      { line: 3, reason: expect.stringContaining(want) as string },
    ])
  })
})
