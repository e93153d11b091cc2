// How long removals wait for a template that was created anew.
import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { successionWaitMs } from './succession.ts'

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }

function bindingOf(uid: string, isDeleted = true): Binding {
  const deletion = isDeleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}
  const spec = { workloads: [{ ref: { ...ref, uid }, components: [] }] }
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResourceBinding', metadata: { name: uid, ...deletion }, spec }
}

const template = (uid: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', uid } })
const judged = (times: Readonly<Record<string, number>>) => (binding: Binding) => times[binding.metadata.name]

describe('successionWaitMs()', () => {
  test.each([
    { name: 'is 0 for bindings that live', bindings: [bindingOf('a', false)], found: template('b'), at: {}, want: 0 },
    {
      name: 'is 0 once a template is gone for good',
      bindings: [bindingOf('a')],
      found: undefined,
      at: { a: 1_000 },
      want: 0,
    },
    {
      name: 'is half a minute from when it was understood',
      bindings: [bindingOf('a')],
      found: template('b'),
      at: { a: 1_000 },
      want: 21_000,
    },
    {
      name: 'is not over while the deletion of a later template is not understood',
      bindings: [bindingOf('a'), bindingOf('b')],
      found: undefined,
      at: { a: 1_000 },
      want: 500,
    },
  ])('$name', ({ bindings, found, at, want }) => {
    expect(successionWaitMs(bindings, () => found, judged(at), 10_000)).toBe(want)
  })
})
