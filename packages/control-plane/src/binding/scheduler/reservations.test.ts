import type { ResourceBinding } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { Readings } from '../../readings.ts'
import { Reservations } from './reservations.ts'

let now: number
let readings: Readings
let reservations: Reservations
const requirements = { resourceRequest: { cpu: '1' } }
const greater = { resourceRequest: { cpu: '2' } }

beforeEach(() => {
  now = 0
  readings = new Readings()
  reservations = new Reservations({ now: () => now, readings })
})

/** A binding that is to have `replicas` on cluster a, of which `ready` have been seen ready. */
function aBinding(replicas: number, ready?: number, cpu = '1'): ResourceBinding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' }
  const explanation = { trigger: 'Test', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      workloads: [
        { ref, components: [{ name: '', replicas, replicaRequirements: cpu === '1' ? requirements : greater }] },
      ],
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
  reservations.take('one', aBinding(5, 0))
  expect(reservations.on('id-a')).toBe(before)
  reservations.take('one', aBinding(6))
  expect(reservations.on('id-a')).not.toBe(before)
})

test('Reservations.on() adds up to what is not ready, whatever came in between', () => {
  const step = fc.record({
    key: fc.constantFrom('one', 'two', 'three'),
    replicas: fc.nat(9),
    ready: fc.nat(9),
    cpu: fc.constantFrom('1', '2'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const some = new Reservations({ now: () => 0, readings })
      const latest = new Map<string, number>()
      for (const { key, replicas, ready, cpu } of steps) {
        some.forget(key)
        some.take(key, aBinding(replicas, ready, cpu))
        some.take(key, aBinding(replicas, ready, cpu === '1' ? '2' : '1'))
        latest.set(key, Math.max(0, replicas - ready))
      }
      const total = some.on('id-a').reduce((sum, { replicas }) => sum + replicas, 0)
      expect(total).toBe([...latest.values()].reduce((sum, count) => sum + count, 0))
    }),
    { numRuns: 1000 },
  )
})

test('Reservations.on() still counts what became ready, until free room was read after it', () => {
  reservations.take('one', aBinding(5))
  now += 20_000
  reservations.take('one', aBinding(5, 3))
  readings.note('id-a', now - 1)
  now += 120_000
  expect(reserved()).toEqual([5])
  readings.note('id-a', now)
  now += 15_000
  expect(reserved()).toEqual([2])
})

test('Reservations.on() gives up on a member that is not read any more', () => {
  reservations.take('one', aBinding(5))
  reservations.take('one', aBinding(5, 5))
  now += 599_000
  expect(reserved()).toEqual([5])
  now += 20_000
  expect(reserved()).toEqual([])
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
