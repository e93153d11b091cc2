import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { type Circumstances, isHeldOff, outcomeOf } from './ending.ts'
import { aBinding, aPreemption } from './fixtures.ts'

const since = Date.parse(aPreemption().since)
const waiting = aBinding('high', { priority: 1000, mayPreempt: true, missing: 3 })
const placed = (readyReplicas: number) =>
  aBinding('high', {
    priority: 1000,
    mayPreempt: true,
    replicas: 3,
    status: {
      decisionHash: 'hash',
      clusters: [{ name: 'eu', state: 'Applied', health: 'Progressing', readyReplicas }],
    },
  })

interface Case {
  readonly name: string
  readonly binding?: Binding
  readonly victim?: Binding
  readonly given?: Partial<Circumstances>
  readonly want: string | undefined
}

describe('outcomeOf()', () => {
  test.each<Case>([
    { name: 'goes on while it has no place', want: undefined },
    { name: 'has taken the room once all of it is ready', binding: placed(3), want: 'Taken' },
    { name: 'goes on while some of it is not ready', binding: placed(2), want: undefined },
    {
      name: 'has taken the room after ten minutes although some of it is not ready',
      binding: placed(2),
      given: { now: since + 600_000 },
      want: 'Taken',
    },
    { name: 'has not taken it after ten minutes', given: { now: since + 600_000 }, want: 'NotTaken' },
    { name: 'ends when it needs the room no more', binding: aBinding('high', { mayPreempt: true }), want: 'Withdrawn' },
    { name: 'ends when the hub is told to stop', given: { isStopped: true }, want: 'Withdrawn' },
    { name: 'ends with the cluster', given: { isThere: false }, want: 'Withdrawn' },
    {
      name: 'ends with the leave to preempt',
      binding: aBinding('high', { priority: 1000, missing: 3 }),
      want: 'Withdrawn',
    },
    {
      name: 'ends when a victim has become as important',
      victim: aBinding('low', { priority: 1000 }),
      want: 'Withdrawn',
    },
  ])('$name', ({ binding = waiting, victim = aBinding('low', { replicas: 5 }), given, want }) => {
    const circumstances = { now: since + 1_000, isStopped: false, isThere: true, bindingsOf: () => [victim], ...given }
    expect(outcomeOf(binding, aPreemption(), circumstances)).toBe(want)
  })
})

test('isHeldOff() holds for an hour after what did not help', () => {
  const ended = '2026-01-01T01:00:00Z'
  const after = (outcome: 'Taken' | 'NotTaken', ms: number) =>
    isHeldOff(aPreemption({ ended, outcome }), Date.parse(ended) + ms)
  expect([after('NotTaken', 3_599_000), after('NotTaken', 3_600_000), after('Taken', 1_000)]).toEqual([
    true,
    false,
    false,
  ])
})
