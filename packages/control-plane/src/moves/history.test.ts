import type { BindingSpec, DecidedCluster } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { readHistory, withMoves } from './history.ts'
import { type Move, moveOf } from '../move.ts'

const time = '2026-03-01T12:00:00Z'
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' }
const eviction = {
  cluster: 'eu',
  id: 'eu',
  reason: 'ClusterFailed',
  message: 'lost',
  since: time,
  graceSeconds: 600,
} as const

function given(replicas: Readonly<Record<string, number>>, more: Partial<BindingSpec> = {}): Binding {
  const clusters = Object.entries(replicas).map(([name, count]): DecidedCluster => ({
    name,
    id: name,
    replicas: count,
  }))
  const explanation = { trigger: 'InputChanged', inputHash: '', feasible: 1, rejected: {}, clusters: [] }
  const decision = { forHash: '', clusters, explanation }
  const spec = { workloads: [{ ref, components: [] }], decision, ...more }
  return { apiVersion: '', kind: 'ResourceBinding', metadata: { name: 'b' }, spec }
}

describe('moveOf()', () => {
  const evicted = { evictions: [eviction] }
  test.each<{ name: string; before: Binding; after: Binding; want: Partial<Move> | undefined }>([
    {
      name: 'tells what leaves for what comes, and why',
      before: given({ eu: 3, us: 3 }),
      after: given({ eu: 0, us: 6 }, evicted),
      want: {
        kind: 'Deployment',
        workload: 'shop/web',
        from: { eu: 3 },
        to: { us: 3 },
        reason: 'ClusterFailed',
        message: 'lost',
      },
    },
    {
      name: 'tells of a return',
      before: given({ us: 6 }, evicted),
      after: given({ eu: 3, us: 3 }),
      want: { from: { us: 3 }, to: { eu: 3 }, reason: 'Return' },
    },
    {
      name: 'tells of what the scheduler decides by itself',
      before: given({ eu: 3, us: 3 }),
      after: given({ eu: 2, us: 4 }),
      want: { reason: 'InputChanged' },
    },
    { name: 'tells nothing of growth', before: given({ eu: 3 }), after: given({ eu: 3, us: 3 }), want: undefined },
    { name: 'nor of less', before: given({ eu: 3, us: 3 }), after: given({ eu: 1, us: 1 }), want: undefined },
    { name: 'nor of the end of a move', before: given({ eu: 0, us: 6 }), after: given({ us: 6 }), want: undefined },
  ])('$name', ({ before, after, want }) => {
    const move = moveOf(before, after, time)
    if (want === undefined) expect(move).toBeUndefined()
    else expect(move).toMatchObject(want)
  })
})

describe('readHistory()', () => {
  const move = moveOf(given({ eu: 1 }), given({ us: 1 }), time) as Move
  const stored = (data: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'm' },
    data,
  })

  test('gives back what withMoves() wrote, and of many the latest 500', () => {
    const many = Array.from({ length: 600 }, (_, index) => ({ ...move, message: `${index}` }))
    const kept = readHistory(stored(withMoves(many.slice(0, 300), many.slice(300))))
    expect(kept).toEqual(many.slice(-500))
  })

  test('leaves out what is none', () => {
    expect(readHistory(stored({ moves: `oops\n${JSON.stringify(move)}\n` }))).toEqual([move])
    expect(readHistory(undefined)).toEqual([])
  })
})
