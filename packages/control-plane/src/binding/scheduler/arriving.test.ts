import type { BindingStatus, ClusterOutcome, DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { withArriving } from './arriving.ts'

const now = Date.UTC(2026, 0, 2)
const explanation = { trigger: 't', inputHash: 'i', feasible: 2, rejected: {}, clusters: [] }

/** `from` before a share: `[2, 6]`. */
function aDecision(forHash: string, shares: Readonly<Record<string, number | readonly [number, number]>>): Decision {
  const clusters = Object.entries(shares).map(([name, share]): DecidedCluster => {
    const [from, replicas] = typeof share === 'number' ? [undefined, share] : share
    return { name, id: `id-${name}`, replicas, ...(from === undefined ? {} : { from }) }
  })
  return { forHash, clusters, explanation }
}

const seen = (name: string, readyReplicas: number, more: Partial<ClusterOutcome> = {}): ClusterOutcome => ({
  name,
  state: 'Applied',
  readyReplicas,
  health: 'Progressing',
  ...more,
})

const status = (decisionHash: string, ...clusters: readonly ClusterOutcome[]): BindingStatus => ({
  decisionHash,
  clusters,
})

const fromsOf = ({ clusters }: Decision) => Object.fromEntries(clusters.map(({ name, from }) => [name, from]))

describe('withArriving()', () => {
  const before = aDecision('one', { eu: 12, us: 8 })
  const next = aDecision('two', { us: 8 })

  test.each([
    {
      name: 'what is on its way had before what is ready of it; what shrinks is left as it is',
      of: status('one', seen('eu', 6), seen('us', 4)),
      want: { eu: undefined, us: 4 },
    },
    {
      name: 'a status of an earlier decision tells what was ready then, be it healthy',
      of: status('zero', seen('eu', 6, { health: 'Healthy' }), seen('us', 4, { health: 'Healthy' })),
      want: { eu: undefined, us: 4 },
    },
    { name: 'nothing was seen yet', of: undefined, want: { eu: undefined, us: 0 } },
  ])('$name', ({ of, want }) => {
    expect(fromsOf(withArriving(before, next, of, now))).toEqual(want)
  })

  test.each([
    { name: 'everything is there', of: status('one', seen('us', 8)) },
    { name: 'a status of this decision leaves out what is well', of: status('one') },
    { name: 'what is missing is broken', of: status('one', seen('us', 4, { health: 'Degraded' })) },
    { name: 'what is missing is out of reach', of: status('one', seen('us', 4, { state: 'Unreachable' })) },
  ])('changes nothing when $name', ({ of }) => {
    expect(withArriving(before, next, of, now)).toBe(before)
  })

  test('waits for what has been missing for two minutes at most', () => {
    const since = (ms: number): BindingStatus => {
      const lastTransitionTime = new Date(now - ms).toISOString()
      const healthy = {
        type: 'Healthy',
        status: 'False',
        reason: 'Progressing',
        message: '',
        lastTransitionTime,
      } as const
      return { ...status('one', seen('us', 4)), conditions: [healthy] }
    }
    expect(fromsOf(withArriving(before, next, since(119_000), now))).toEqual({ eu: undefined, us: 4 })
    expect(withArriving(before, next, since(120_000), now)).toBe(before)
  })

  test('changes nothing when nothing shrinks, or a move only ends', () => {
    const nothing = status('one')
    expect(withArriving(before, aDecision('two', { eu: 12, us: 9 }), nothing, now)).toBe(before)
    const moving = aDecision('one', { eu: [12, 0], us: [0, 12] })
    expect(withArriving(moving, aDecision('one', { us: 12 }), status('one', seen('us', 3)), now)).toBe(moving)
  })

  test('waits for no more than the next decision counts on', () => {
    const fewer = aDecision('two', { us: 4 })
    expect(withArriving(before, fewer, status('one', seen('us', 4)), now)).toBe(before)
    expect(fromsOf(withArriving(before, fewer, status('one', seen('us', 3)), now))).toEqual({ eu: undefined, us: 3 })
  })
})
