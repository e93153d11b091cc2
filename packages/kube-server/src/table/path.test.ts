// JSON paths of printer columns.
import { describe, expect, test } from 'vitest'
import { compilePath } from './path.ts'

const object = {
  spec: {
    'a.b': 1,
    list: [
      { type: 'x', v: 1 },
      { type: 'Ready', v: 2 },
    ],
  },
}

describe('compilePath()', () => {
  test.each([
    { path: '.spec.list[0].v', want: [1] },
    { path: '.spec.list[*].v', want: [1, 2] },
    { path: '.spec.list[?(@.type=="Ready")].v', want: [2] },
    { path: ".spec['a.b']", want: [1] },
    { path: '.spec.a\\.b', want: [1] },
    { path: '.spec.missing.deep', want: [] },
    { path: '.spec.constructor', want: [] },
    { path: '.spec[?(', want: [] },
  ])('finds $path', ({ path, want }) => {
    expect(compilePath(path)(object)).toEqual(want)
  })
})
