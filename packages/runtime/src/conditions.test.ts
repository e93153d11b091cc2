import { expect, test } from 'vitest'
import { findCondition, setCondition, type Condition } from './conditions.ts'

const start = Date.UTC(2026, 0, 1)
const later = start + 60_000
const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Applied',
  message: 'all',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
}
const stalled: Condition = { ...ready, type: 'Stalled', status: 'False' }
const { lastTransitionTime: _, ...same } = ready

const rows = [
  { name: 'adds what is new', given: [], next: same, want: [ready] },
  {
    name: 'keeps the time when only words change',
    given: [ready, stalled],
    next: { ...same, reason: 'Kept', message: 'more', observedGeneration: 2 },
    want: [{ ...ready, reason: 'Kept', message: 'more', observedGeneration: 2 }, stalled],
  },
  {
    name: 'moves the time when the status changes',
    given: [ready, stalled],
    next: { ...same, status: 'False' as const },
    want: [{ ...ready, status: 'False', lastTransitionTime: '2026-01-01T00:01:00Z' }, stalled],
  },
]

for (const { name, given, next, want } of rows) {
  test(`setCondition() ${name}`, () => {
    expect(setCondition(given, next, given.length === 0 ? start : later)).toEqual(want)
  })
}

test('setCondition() gives back the same array when nothing changes', () => {
  const conditions = [ready, stalled]
  expect(setCondition(conditions, same, later)).toBe(conditions)
})

test('findCondition() finds by type, and nothing in nothing', () => {
  expect(findCondition([ready, stalled], 'Stalled')).toBe(stalled)
  expect(findCondition(undefined, 'Ready')).toBeUndefined()
})
