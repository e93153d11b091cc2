// YAML as Kubernetes' library reads it.
import { describe, expect, test } from 'vitest'
import { parseYaml, readYaml, writeYaml } from './yaml.ts'

describe('parseYaml()', () => {
  test.each([
    { name: 'booleans of version 1.1', given: 'a: yes\nb: off', want: { a: true, b: false } },
    { name: 'dates as text', given: 'a: 2020-01-01', want: { a: '2020-01-01' } },
    { name: 'base 60 as text', given: 'a: 12:30:45', want: { a: '12:30:45' } },
    { name: 'octal and hexadecimal', given: 'a: 010\nb: 0x10', want: { a: 8, b: 16 } },
  ])('reads $name', ({ given, want }) => {
    expect(parseYaml(given)).toEqual(want)
  })

  test('refuses aliases that multiply', () => {
    const lines = Array.from({ length: 8 }, (_, i) => `x${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(', ')}]`)
    expect(() => parseYaml(['x0: &x0 [a]', ...lines].join('\n'))).toThrow(/alias/i)
  })

  test('takes the last of a key given twice, and tells', () => {
    const duplicates = ['line 2: key "a" already set in map']
    expect(readYaml('a: 1\na: 2')).toEqual({ value: { a: 2 }, duplicates })
  })

  test.each([
    { name: 'a list that is left open', given: 'a: [', want: 'yaml: line 1: did not find expected node content' },
    { name: 'a tab', given: 'a:\n\t- b', want: 'yaml: line 2: found character that cannot start any token' },
  ])('refuses $name as Go does', ({ given, want }) => {
    expect(() => parseYaml(given)).toThrow(want)
  })
})

describe('writeYaml()', () => {
  test('quotes what would read back as something else', () => {
    const value = { a: 'yes', b: '123', c: 'plain', d: [1, null] }
    expect(parseYaml(writeYaml(value))).toEqual(value)
  })
})
