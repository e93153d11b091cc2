// Quantities as Go writes them, wherever a kind has some.
import { builtinKindSchema } from '@flotilla/machinery/builtin-kinds'
import { describe, expect, test } from 'vitest'
import { canonicalQuantities } from './quantities.ts'
import { withoutEmptyValues } from './empty-values.ts'

const pod = builtinKindSchema('io.k8s.api.core.v1.Pod')
const withRequests = (requests: object) => ({ spec: { containers: [{ name: 'c', resources: { requests } }] } })

describe('canonicalQuantities()', () => {
  test.each([
    { given: '1024Mi', want: '1Gi' },
    { given: '2000m', want: '2' },
    { given: 0.5, want: '500m' },
    { given: '1e9', want: '1e9' },
    { given: '100m', want: '100m' },
  ])('writes $given as $want', ({ given, want }) => {
    expect(canonicalQuantities(pod, withRequests({ x: given }))).toEqual(withRequests({ x: want }))
  })

  test('gives back what has nothing to change', () => {
    const given = withRequests({ cpu: '1' })
    expect(canonicalQuantities(pod, given)).toBe(given)
  })
})

describe('withoutEmptyValues()', () => {
  test.each([
    { name: 'an empty list', given: { spec: { tolerations: [], hostname: 'a' } }, want: { spec: { hostname: 'a' } } },
    { name: 'an empty map', given: { metadata: { labels: {} } }, want: { metadata: {} } },
    {
      name: 'a list that is always written',
      given: { spec: { containers: [] } },
      want: { spec: { containers: null } },
    },
  ])('drops $name', ({ given, want }) => {
    expect(withoutEmptyValues(pod, given)).toEqual(want)
  })

  test('keeps an empty structure, which says something', () => {
    const given = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } }
    expect(withoutEmptyValues(pod, given)).toBe(given)
  })
})
