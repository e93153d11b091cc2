// Cells of custom resources by the JSON paths of their definitions, whatever those say.
import type { KubeObject } from '@flotilla/machinery/object'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PrinterColumn, ServedResource } from '../served-resource.ts'
import { customColumns } from './custom-columns.ts'

const now = Date.parse('2026-01-01T00:01:00Z')
const object = {
  apiVersion: 'x.io/v1',
  kind: 'X',
  metadata: { name: 'a' },
  spec: {
    'a.b': 1,
    on: false,
    at: '2026-01-01T00:00:00Z',
    list: [
      { type: 'x', v: 1 },
      { type: 'Ready', v: 2.5 },
    ],
  },
} as KubeObject

function cell(jsonPath: string, type: PrinterColumn['type'] = 'string', of: KubeObject = object): unknown {
  const resource = { columns: [{ name: 'C', type, jsonPath }] } as unknown as ServedResource
  return customColumns(resource).at(-1)?.cell(of, { now })
}

describe('customColumns()', () => {
  test.each<{ path: string; type?: PrinterColumn['type']; want: unknown }>([
    { path: '.spec.list[0].v', want: '1' },
    { path: '.spec.list[*].v', want: '1' },
    { path: '.spec.list[?(@.type=="Ready")].v', type: 'number', want: 2.5 },
    { path: '.spec.list[?(@.type=="Ready")].v', type: 'integer', want: 2 },
    { path: ".spec['a.b']", want: '1' },
    { path: '.spec.a\\.b', want: '1' },
    { path: '.spec.on', type: 'boolean', want: false },
    { path: '.spec.at', type: 'date', want: '60s' },
    { path: '.spec.list[0]', want: '{"type":"x","v":1}' },
    { path: '.spec.missing.deep', want: null },
    { path: '.spec.constructor', want: null },
    { path: '.__proto__', want: null },
    { path: '.spec.on', type: 'integer', want: null },
    { path: '.spec[?(', want: null },
    { path: '', want: '{"apiVersion"' },
  ])('show $path as $want', ({ path, type, want }) => {
    if (path === '') expect(String(cell(path))).toContain(want)
    else expect(cell(path, type)).toBe(want)
  })

  test('follow no path that takes ever longer', () => {
    let deep: object = {}
    for (let i = 0; i < 100; i++) deep = { a: deep }
    const many = { ...object, spec: deep } as KubeObject
    expect(cell('..a..a..a..a..a..a..a..a', 'string', many)).toBeNull()
    expect(cell('..a', 'string', many)).toContain('"a"')
  })

  test('never fail nor loop on any path', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '*',
      '[',
      ']',
      '[*]',
      '[0]',
      '[-1:]',
      '?(',
      '@',
      ')',
      '==',
      '"',
      "'",
      'spec',
      'list',
      '\\',
      '{',
      '}',
      '$',
      ' ',
    )
    const path = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(path, (text) => {
        const shown = cell(text)
        return shown === null || typeof shown === 'string'
      }),
    )
  })
})
