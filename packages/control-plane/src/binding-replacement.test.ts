import { apiVersion } from '@flotilla/api/group'
import { describe, expect, test } from 'vitest'
import { bindingKeyOf, bindingsFor, isReplaceable, replacementKeyOf } from './binding-replacement.ts'
import type { Binding } from './hub.ts'

const template = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: '12345678-9abc' }
const policy = { kind: 'PropagationPolicy', namespace: 'shop', name: 'web', uid: 'uid-policy' } as const

function aBinding(name: string, uid: string, metadata: object = {}, ref = template): Binding {
  return {
    apiVersion,
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name, uid, ...metadata },
    spec: { workloads: [{ ref, components: [] }], policy },
  }
}

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const first = aBinding(bindingKeyOf(template).name, 'aaaaaaaa-1', deleted)
const second = aBinding(replacementKeyOf(template, first).name, 'bbbbbbbb-2', deleted)
const third = aBinding(replacementKeyOf(template, second).name, 'cccccccc-3')
const another = aBinding(`${bindingKeyOf(template).name}-x`, 'dddddddd-4', {}, { ...template, uid: '12345678-other' })
const foreign = aBinding('by-hand', 'eeeeeeee-5')

describe('bindingsFor()', () => {
  test.each([
    { name: 'knows none', given: [], want: {} },
    { name: 'goes on from the one that was deleted', given: [first], want: { deleted: first } },
    { name: 'goes on from the last of several', given: [first, second], want: { deleted: second } },
    { name: 'goes on from the last, in whatever order', given: [second, first], want: { deleted: second } },
    { name: 'tells the one that is not deleted', given: [first, second, third], want: { live: third } },
    { name: 'leaves out those of another template', given: [another], want: {} },
    { name: 'leaves out what somebody else made', given: [foreign], want: {} },
  ])('$name', ({ given, want }) => {
    expect(bindingsFor(template, given)).toEqual({ live: undefined, deleted: undefined, ...want })
  })
})

describe('replacementKeyOf()', () => {
  test('does not grow from one to the next', () => {
    expect(third.metadata.name).toBe('deployment-web-12345678-bbbbbbbb')
  })
})

describe('isReplaceable()', () => {
  test.each([
    { name: 'one that a policy wants', given: third, want: true },
    { name: 'not without a policy', given: { ...third, spec: { workloads: third.spec.workloads } }, want: false },
    { name: 'not what somebody else made', given: foreign, want: false },
  ])('$name', ({ given, want }) => {
    expect(isReplaceable(given)).toBe(want)
  })
})
