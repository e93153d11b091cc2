import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeTables } from '../across/merge-tables.ts'
import { formatAge } from './age.ts'
import { painter } from './colour.ts'
import { plain, plainLine } from './plain.ts'
import { formatObjects, listOf, parseFormat } from './print-objects.ts'
import { formatTable } from './table.ts'

describe('plain()', () => {
  it.each([
    { name: 'what moves the cursor', given: 'a\u001b[2Jb\rc', want: 'a\\u001b[2Jb\\rc' },
    { name: 'eight-bit controls', given: '\u009b31m', want: '\\u009b31m' },
    { name: 'nothing of ordinary text', given: 'one\ttwo\n日本 é', want: 'one\ttwo\n日本 é' },
  ])('escapes $name', ({ given, want }) => {
    expect(plain(given)).toBe(want)
  })

  it('escapes ends of lines too where a line is one', () => {
    expect(plainLine('one\ntwo\tthree')).toBe('one\\ntwo\\tthree')
  })
})

describe('mergeTables()', () => {
  it('shows cells of a hostile member as text', () => {
    const value = { columns: [{ name: 'Name' }], rows: [{ cells: ['web\u001b[8m'] }] }
    const options = { isWide: false, hasNamespaces: false, hasClusters: true }
    expect(mergeTables([{ cluster: 'eu', value }], options).rows).toEqual([['web\\u001b[8m', 'eu']])
  })
})

describe('formatTable()', () => {
  it('aligns columns with three spaces between, colours not counted', () => {
    const paint = painter({ hasColour: true })
    expect(
      formatTable(
        ['NAME', 'READY'],
        [
          ['a', paint('green', 'True')],
          ['longer-name', 'x'],
        ],
      ),
    ).toBe('NAME          READY\na             \u001b[32mTrue\u001b[0m\nlonger-name   x\n')
  })

  it('prints the headings alone without rows', () => {
    expect(formatTable(['A', 'B'], [])).toBe('A   B\n')
  })
})

describe('formatAge()', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [150, '2m30s'],
    [600, '10m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [9 * 3600, '9h'],
    [3 * 86_400 + 3600, '3d1h'],
    [20 * 86_400, '20d'],
    [3 * 365 * 86_400, '3y'],
  ])('%d s: %s', (seconds, want) => {
    expect(formatAge(0, seconds * 1000)).toBe(want)
  })

  it('never shows a negative or a longer text than seven characters', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e12 }), (ms) => {
        expect(formatAge(0, ms)).toMatch(/^\d[\dsmhdy]{1,6}$/)
      }),
    )
  })
})

describe('parseFormat()', () => {
  it('refuses what there is not', () => {
    expect(() => parseFormat('toml')).toThrow('-o json, yaml, wide, name or jsonpath=TEMPLATE')
  })
})

describe('formatObjects()', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } }

  it.each([
    { format: 'name', want: 'deployment.apps/web\n' },
    { format: 'jsonpath={.items[0].metadata.name}', want: 'web' },
    {
      format: 'yaml',
      want: 'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: web\n',
    },
  ])('prints a list as $format', async ({ format, want }) => {
    expect(await formatObjects(listOf([object]), parseFormat(format))).toBe(want)
  })
})
