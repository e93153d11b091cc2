import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { beforeEach, expect, test } from 'vitest'
import { Reservations } from './reservations.ts'

let now: number
let reservations: Reservations
const requirements = { resourceRequest: { cpu: '1' } }

beforeEach(() => {
  now = 0
  reservations = new Reservations(() => now)
})

/** A binding that is to have `replicas` on cluster a, of which `ready` have been seen ready. */
function aBinding(replicas: number, ready?: number): ResourceBinding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' }
  const explanation = { trigger: 'Test', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      workloads: [{ ref, components: [{ name: '', replicas, replicaRequirements: requirements }] }],
      decision: { forHash: 'h', clusters: [{ name: 'a', id: 'id-a', replicas }], explanation },
    },
    ...(ready === undefined
      ? {}
      : { status: { decisionHash: 'h', clusters: [{ name: 'a', state: 'Applied', readyReplicas: ready }] } }),
  }
}

const reserved = () => reservations.on('id-a').map(({ replicas }) => replicas)

test('Reservations.on() counts what is not ready yet, of equal requests together', () => {
  reservations.take('one', aBinding(5))
  reservations.take('two', aBinding(4, 1))
  expect(reservations.on('id-a')).toEqual([{ replicas: 8, requirements }])
  expect(reservations.on('id-b')).toEqual([])
})

test('Reservations.on() answers the same list until something changes', () => {
  reservations.take('one', aBinding(5))
  const before = reservations.on('id-a')
  expect(reservations.on('id-a')).toBe(before)
  reservations.take('one', aBinding(6))
  expect(reservations.on('id-a')).not.toBe(before)
})

test('Reservations.on() still counts what became ready, until the member has been read again', () => {
  reservations.take('one', aBinding(5))
  reservations.take('one', aBinding(5, 3))
  expect(reserved()).toEqual([5])
  now += 60_000
  expect(reserved()).toEqual([5])
  now += 31_000
  expect(reserved()).toEqual([2])
})

test('Reservations.on() gives up on what does not become ready', () => {
  reservations.take('one', aBinding(5))
  now += 599_000
  expect(reserved()).toEqual([5])
  now += 20_000
  expect(reserved()).toEqual([])
})

test('Reservations.take() counts a decision before it is written, and nothing twice when it has been', () => {
  const after = aBinding(7, 5)
  reservations.take('one', aBinding(5, 5), after.spec.decision)
  expect(reserved()).toEqual([2])
  reservations.take('one', aBinding(5, 5))
  reservations.take('one', after)
  expect(reserved()).toEqual([2])
})

test('Reservations.take() counts nothing that was ready from the start', () => {
  reservations.take('one', aBinding(5, 5))
  expect(reserved()).toEqual([])
})

test('Reservations.forget() gives the room back', () => {
  reservations.take('one', aBinding(5))
  reservations.forget('one')
  expect(reserved()).toEqual([])
})
