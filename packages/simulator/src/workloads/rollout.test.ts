import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planRollout, planScale, type Rollout, type RolloutSet } from './rollout.ts'

function aSet(name: string, replicas: number, available = replicas, more: Partial<RolloutSet> = {}): RolloutSet {
  return { name, replicas, available, observed: replicas, revision: Number(name.slice(1)), maxReplicas: 0, ...more }
}

function aRollout(more: Partial<Rollout>): Rollout {
  return { desired: 4, maxSurge: 1, maxUnavailable: 1, strategy: 'RollingUpdate', old: [], ...more }
}

const rollouts: readonly { name: string; given: Partial<Rollout>; want: Readonly<Record<string, number>> }[] = [
  { name: 'fills the first set at once', given: { current: aSet('v1', 0) }, want: { v1: 4 } },
  { name: 'does nothing at rest', given: { current: aSet('v1', 4), old: [aSet('v0', 0)] }, want: {} },
  { name: 'surges first', given: { current: aSet('v2', 0), old: [aSet('v1', 4)] }, want: { v2: 1 } },
  {
    name: 'shrinks the old by what may be missing',
    given: { current: aSet('v2', 1, 0), old: [aSet('v1', 4)] },
    want: { v1: 3 },
  },
  { name: 'waits when neither may move', given: { current: aSet('v2', 2, 0), old: [aSet('v1', 3)] }, want: {} },
  {
    name: 'drops old pods that are not available anyway',
    given: { current: aSet('v2', 1, 1), old: [aSet('v1', 4, 1)] },
    want: { v1: 2 },
  },
  { name: 'shrinks a current set that is too big', given: { desired: 2, current: aSet('v1', 4) }, want: { v1: 2 } },
  {
    name: 'recreates: empties the old',
    given: { strategy: 'Recreate', current: aSet('v2', 0), old: [aSet('v1', 4)] },
    want: { v1: 0 },
  },
  {
    name: 'recreates: waits for the last old pod',
    given: { strategy: 'Recreate', current: aSet('v2', 0), old: [aSet('v1', 0, 0, { observed: 1 })] },
    want: {},
  },
  {
    name: 'recreates: then fills',
    given: { strategy: 'Recreate', current: aSet('v2', 0), old: [aSet('v1', 0)] },
    want: { v2: 4 },
  },
]

describe('planRollout()', () => {
  for (const { name, given, want } of rollouts) {
    test(name, () => expect(Object.fromEntries(planRollout(aRollout(given)))).toEqual(want))
  }

  test('shrinks the oldest first', () => {
    const given = { current: aSet('v3', 3), old: [aSet('v2', 1), aSet('v1', 1)] }
    expect(Object.fromEntries(planRollout(aRollout(given)))).toEqual({ v1: 0, v2: 0 })
    const tight = { ...given, maxUnavailable: 0 }
    expect(Object.fromEntries(planRollout(aRollout(tight)))).toEqual({ v1: 0 })
  })

  test('never exceeds the surge, nor takes more than may be missing, and always ends', () => {
    const numbers = fc.record({
      desired: fc.nat(20),
      maxSurge: fc.nat(5),
      maxUnavailable: fc.nat(5),
      old: fc.array(fc.nat(10), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(numbers, ({ desired, maxSurge, maxUnavailable, old }) => {
        fc.pre(maxSurge + maxUnavailable > 0)
        let sets = new Map<string, number>([
          ...old.map((replicas, i) => [`v${i + 1}`, replicas] as const),
          [`v${old.length + 1}`, 0] as const,
        ])
        const current: string = `v${old.length + 1}`
        const start = old.reduce((sum, replicas) => sum + replicas, 0)
        for (let step = 0; ; step++) {
          expect(step).toBeLessThan(200)
          const seen = [...sets].map(([name, replicas]) => aSet(name, replicas))
          const plan = planRollout({
            desired,
            maxSurge,
            maxUnavailable,
            strategy: 'RollingUpdate',
            current: seen.at(-1)!,
            old: seen.slice(0, -1),
          })
          if (plan.size === 0) break
          sets = new Map([...sets].map(([name, replicas]) => [name, plan.get(name) ?? replicas]))
          const total = [...sets.values()].reduce((sum, replicas) => sum + replicas, 0)
          expect(total).toBeLessThanOrEqual(Math.max(start, desired + maxSurge))
          expect(total).toBeGreaterThanOrEqual(Math.min(start, desired - maxUnavailable))
        }
        expect(sets.get(current)).toBe(desired)
        expect([...sets.values()].reduce((sum, replicas) => sum + replicas, 0)).toBe(desired)
      }),
    )
  })
})

const scales: readonly { name: string; given: Partial<Rollout>; want: Readonly<Record<string, number>> }[] = [
  { name: 'scales the only set', given: { desired: 9, current: aSet('v1', 4) }, want: { v1: 9 } },
  {
    name: 'scales the current set from nothing',
    given: { desired: 3, current: aSet('v2', 0), old: [aSet('v1', 0)] },
    want: { v2: 3 },
  },
  {
    name: 'scales the newest old set while there is no current one',
    given: { desired: 3, old: [aSet('v1', 0), aSet('v2', 0)] },
    want: { v2: 3 },
  },
  {
    name: 'keeps the proportions in the middle of a rollout',
    given: {
      desired: 20,
      maxSurge: 0,
      current: aSet('v2', 4, 4, { maxReplicas: 10 }),
      old: [aSet('v1', 6, 6, { maxReplicas: 10 })],
    },
    want: { v1: 12, v2: 8 },
  },
  {
    name: 'empties the old when the current set is full',
    given: { desired: 4, current: aSet('v2', 4), old: [aSet('v1', 2)] },
    want: { v1: 0 },
  },
]

describe('planScale()', () => {
  for (const { name, given, want } of scales) {
    test(name, () => expect(Object.fromEntries(planScale(aRollout(given)))).toEqual(want))
  }
})
