import type { BindingSpec } from '@flotilla/api/resource-binding'
import type { RemovalHold } from '@flotilla/api/removal'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { judgeLosses, type Sight } from './judge.ts'
import type { Entry } from './ledger.ts'
import type { Loss } from './loss.ts'

const now = Date.UTC(2026, 0, 1)
let count = 0

const aBinding = (policy: string, removalHold?: RemovalHold): Binding => {
  const uid = `uid-${++count}`
  const ref = { kind: 'PropagationPolicy' as const, namespace: 'shop', name: policy, uid: policy }
  const spec: BindingSpec = { workloads: [], policy: ref, ...(removalHold ? { removalHold } : {}) }
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResourceBinding', metadata: { name: uid, uid }, spec }
}
const some = (many: number, policy: string, hold?: RemovalHold) =>
  Array.from({ length: many }, () => aBinding(policy, hold))
const lossOf = (binding: Binding): Loss => ({ binding, isDeleted: true, targets: [], clusters: new Set(['eu']) })
const goneOf = (many: number, policy: string): readonly Entry[] =>
  some(many, policy).map(({ metadata }) => ({ at: now, mark: metadata.name, policy, isDeleted: true, clusters: [] }))
const heldBy = (scope: RemovalHold['scope']): RemovalHold => ({ since: '', scope, message: '' })

const judge = (losses: readonly Binding[], others: readonly Binding[], more: Partial<Sight> = {}) => {
  const held = others.filter(({ spec }) => spec.removalHold).map(lossOf)
  const sight = { losses: losses.map(lossOf), held, recent: [], bindings: [...losses, ...others], now, ...more }
  return [...judgeLosses(sight).values()].map(({ scope, message }) => `${scope}: ${message}`)
}

describe('judgeLosses()', () => {
  test('holds what is too much of a policy, though it is little of the hub', () => {
    const holds = judge(some(21, 'a'), some(1_000, 'b'))
    expect(holds).toHaveLength(21)
    expect(holds[0]).toBe('Policy: 21 of 21 bindings would lose copies or go within an hour, and 20 may')
  })

  test('holds what is too much of the hub, though it is little of each policy', () => {
    const holds = judge([...some(11, 'a'), ...some(11, 'b')], some(100, 'c'))
    expect(holds).toHaveLength(22)
    expect(holds[0]).toBe('Hub: 22 of 122 bindings would lose copies or go within an hour, and 20 may')
  })

  test('counts what a policy holds neither for the hub nor for another policy', () => {
    expect(judge(some(1, 'b'), some(30, 'a', heldBy('Policy')))).toEqual([])
    expect(judge(some(1, 'a'), some(30, 'a', heldBy('Policy')))).toHaveLength(1)
    expect(judge(some(1, 'b'), some(30, 'a', heldBy('Hub')))).toHaveLength(1)
  })

  test('counts what went within the hour, which was there before', () => {
    const recent = goneOf(25, 'a')
    expect(judge(some(7, 'a'), some(293, 'a'), { recent })).toEqual([])
    expect(judge(some(8, 'a'), some(292, 'a'), { recent })[0]).toBe(
      'Policy: 33 of 325 bindings would lose copies or go within an hour, and 32 may',
    )
  })
})
