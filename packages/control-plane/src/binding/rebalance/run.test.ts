import type { PolicyStatus, Reschedule } from '@flotilla/api/reschedule'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { allowanceOf, gateOf, isMoving, scheduleAt, windowOf } from './run.ts'

type Schedule = PolicyStatus['schedule']

const nightly: Reschedule = { mode: 'Scheduled', schedule: '0 3 * * *' }
const spec = '0 3 * * * UTC'
const at = (time: string) => Date.parse(`2026-01-${time}:00Z`)

describe('scheduleAt()', () => {
  test.each<{ name: string; known?: Schedule; now: string; want: Schedule; given?: Reschedule }>([
    { name: 'says when it is time first', now: '01T12:00', want: { spec, next: '2026-01-02T03:00:00Z' } },
    {
      name: 'makes up for no time that was before there was a schedule',
      now: '01T03:10',
      want: { spec, next: '2026-01-02T03:00:00Z' },
    },
    {
      name: 'stays as it is until then',
      known: { spec, next: '2026-01-02T03:00:00Z' },
      now: '02T02:59',
      want: { spec, next: '2026-01-02T03:00:00Z' },
    },
    {
      name: 'begins at the time',
      known: { spec, next: '2026-01-02T03:00:00Z' },
      now: '02T03:00',
      want: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
    },
    {
      name: 'begins up to an hour late',
      known: { spec, next: '2026-01-02T03:00:00Z' },
      now: '02T03:59',
      want: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
    },
    {
      name: 'leaves out what was missed by more',
      known: { spec, next: '2026-01-02T03:00:00Z' },
      now: '02T04:00',
      want: { spec, next: '2026-01-03T03:00:00Z' },
    },
    {
      name: 'goes on for an hour',
      known: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
      now: '02T03:59',
      want: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
    },
    {
      name: 'and no longer',
      known: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
      now: '02T04:00',
      want: { spec, next: '2026-01-03T03:00:00Z' },
    },
    {
      name: 'goes by a schedule that was changed at once',
      known: { spec, next: '2026-01-03T03:00:00Z', since: '2026-01-02T03:00:00Z' },
      given: { mode: 'Scheduled', schedule: '0 3 * * *', timeZone: 'Asia/Tokyo' },
      now: '02T03:30',
      want: { spec: '0 3 * * * Asia/Tokyo', next: '2026-01-02T18:00:00Z' },
    },
  ])('$name', ({ given = nightly, known, now, want }) => {
    expect(scheduleAt(given, known, at(now))).toEqual(want)
  })
})

test('windowOf() is the last hour, the time that it is, or none', () => {
  const now = at('02T03:10')
  expect(windowOf({ mode: 'OnChange' }, undefined, now)).toBe(at('02T02:10'))
  expect(windowOf({ mode: 'Never' }, undefined, now)).toBeUndefined()
  expect(windowOf(nightly, { spec, next: '2026-01-03T03:00:00Z' }, now)).toBeUndefined()
  expect(windowOf(nightly, { spec, since: '2026-01-02T03:00:00Z' }, now)).toBe(at('02T03:00') - 1)
})

function aBinding(more: Partial<Binding['spec']> = {}): Binding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u' }
  const workloads = [{ ref, components: [{ name: '', replicas: 5 }] }]
  const metadata = { name: 'web', namespace: 'shop' }
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResourceBinding', metadata, spec: { workloads, ...more } }
}

function moved(replicas: number, time: string, forHash = 'h'): Partial<Binding['spec']> {
  return { rebalanced: { replicas, time: `2026-01-${time}:00Z`, forHash, to: [], message: '' } }
}

describe('allowanceOf()', () => {
  const bindings = [aBinding(moved(2, '01T10:00')), aBinding(moved(1, '01T11:00')), aBinding()]
  test.each<{ name: string; limits: Partial<Reschedule>; total: number; left: number }>([
    { name: 'a tenth, rounded up', limits: {}, total: 2, left: 1 },
    { name: 'a number', limits: { maxMoves: 9 }, total: 9, left: 8 },
    { name: 'a share', limits: { maxMovesPercent: 40 }, total: 6, left: 5 },
    { name: 'the smaller of both', limits: { maxMoves: 3, maxMovesPercent: 40 }, total: 3, left: 2 },
    { name: 'never less than nothing', limits: { maxMovesPercent: 1 }, total: 1, left: 0 },
  ])('is $name, less what moved in the window', ({ limits, total, left }) => {
    const allowance = allowanceOf({ mode: 'OnChange', ...limits }, bindings, at('01T10:30'))
    expect(allowance).toEqual({ total, left, moreAt: at('01T12:00') })
  })
})

test('gateOf() is what the percentage is a part of', () => {
  expect([gateOf({ mode: 'OnChange' }), gateOf({ mode: 'OnChange', minGainPercent: 20 })]).toEqual([2, 5])
})

describe('isMoving()', () => {
  const explanation = { trigger: 'Rebalance', inputHash: 'a.b', feasible: 1, rejected: {}, clusters: [] }
  const decide = (forHash: string, from?: number): Partial<Binding['spec']> => ({
    decision: {
      forHash,
      explanation,
      clusters: [{ name: 'eu', id: 'eu', replicas: 5, ...(from === undefined ? {} : { from }) }],
    },
  })
  test.each<{ name: string; given: Partial<Binding['spec']>; want: boolean }>([
    { name: 'what is asked for', given: { rebalance: { forHash: 'h', clusters: [] } }, want: true },
    { name: 'what was decided so', given: { ...moved(5, '01T10:00'), ...decide('h', 0) }, want: true },
    { name: 'nothing that is over', given: { ...moved(5, '01T10:00'), ...decide('h') }, want: false },
    { name: 'no move of somebody else', given: { ...moved(5, '01T10:00'), ...decide('i', 0) }, want: false },
    { name: 'nothing that no rebalance moved', given: decide('h', 0), want: false },
  ])('is true of $name', ({ given, want }) => {
    expect(isMoving(aBinding(given))).toBe(want)
  })
})
