// Accidents of peers: each is harmless here, and happens as soon as the guard against it is taken away.
import { describe, expect, test, vi } from 'vitest'
import type { Step } from '../scenario.ts'
import { shrink } from '../shrink.ts'
import { simulate } from '../simulate.ts'
import type { Accident } from './accident.ts'
import { storms } from './storms.ts'
import { substituting } from './substitutes.ts'
import { wrongDeletions } from './wrong-deletions.ts'
import { wrongMoves } from './wrong-moves.ts'
import { wrongTimes } from './wrong-times.ts'

const { front } = vi.hoisted(() => ({
  front: async (file: string, original: () => Promise<object>) =>
    (await import('./substitutes.ts')).substitutable(file, await original()) as never,
}))

vi.mock(import('../../../packages/control-plane/src/absence.ts'), (original) =>
  front('control-plane/absence', original),
)
vi.mock(import('../../../packages/control-plane/src/binding-fate.ts'), (original) =>
  front('control-plane/binding-fate', original),
)
vi.mock(import('../../../packages/control-plane/src/binding/scheduler/growth.ts'), (original) =>
  front('control-plane/binding/scheduler/growth', original),
)
vi.mock(import('../../../packages/control-plane/src/binding/scheduler/removals.ts'), (original) =>
  front('control-plane/binding/scheduler/removals', original),
)
vi.mock(import('../../../packages/control-plane/src/cluster/health/hub-lease.ts'), (original) =>
  front('control-plane/cluster/health/hub-lease', original),
)
vi.mock(import('../../../packages/control-plane/src/cluster/health/judge-probe.ts'), (original) =>
  front('control-plane/cluster/health/judge-probe', original),
)
vi.mock(import('../../../packages/control-plane/src/delivery/claims.ts'), (original) =>
  front('control-plane/delivery/claims', original),
)
vi.mock(import('../../../packages/control-plane/src/delivery/fights.ts'), (original) =>
  front('control-plane/delivery/fights', original),
)
vi.mock(import('../../../packages/control-plane/src/delivery/plan.ts'), (original) =>
  front('control-plane/delivery/plan', original),
)
vi.mock(import('../../../packages/control-plane/src/delivery/replicas.ts'), (original) =>
  front('control-plane/delivery/replicas', original),
)
vi.mock(import('../../../packages/control-plane/src/delivery/succession.ts'), (original) =>
  front('control-plane/delivery/succession', original),
)
vi.mock(import('../../../packages/control-plane/src/fences.ts'), (original) => front('control-plane/fences', original))
vi.mock(import('../../../packages/control-plane/src/members/orphan.ts'), (original) =>
  front('control-plane/members/orphan', original),
)
vi.mock(import('../../../packages/control-plane/src/members/request-budget.ts'), (original) =>
  front('control-plane/members/request-budget', original),
)
vi.mock(import('../../../packages/control-plane/src/registration.ts'), (original) =>
  front('control-plane/registration', original),
)
vi.mock(import('../../../packages/kube-server/src/store/core-store.ts'), (original) =>
  front('kube-server/store/core-store', original),
)
vi.mock(import('../../../packages/runtime/src/backoff.ts'), (original) => front('runtime/backoff', original))
vi.mock(import('../../../packages/runtime/src/idle-watch.ts'), (original) => front('runtime/idle-watch', original))
vi.mock(import('../../../packages/runtime/src/reflector.ts'), (original) => front('runtime/reflector', original))
vi.mock(import('../../../packages/scheduler/src/filters/availability.ts'), (original) =>
  front('scheduler/filters/availability', original),
)
vi.mock(import('../../../packages/control-plane/src/binding/scheduler/grace.ts'), (original) =>
  front('control-plane/binding/scheduler/grace', original),
)
vi.mock(import('../../../packages/control-plane/src/cluster/health/availability.ts'), (original) =>
  front('control-plane/cluster/health/availability', original),
)
vi.mock(import('../../../packages/control-plane/src/failover/guard.ts'), (original) =>
  front('control-plane/failover/guard', original),
)
vi.mock(import('../../../packages/control-plane/src/failover/pace.ts'), (original) =>
  front('control-plane/failover/pace', original),
)
vi.mock(import('../../../packages/control-plane/src/failover/quarantine.ts'), (original) =>
  front('control-plane/failover/quarantine', original),
)
vi.mock(import('../../../packages/control-plane/src/failover/return.ts'), (original) =>
  front('control-plane/failover/return', original),
)
vi.mock(import('../../../packages/control-plane/src/failover/unmovable.ts'), (original) =>
  front('control-plane/failover/unmovable', original),
)
vi.mock(import('../../../packages/control-plane/src/freeze.ts'), (original) => front('control-plane/freeze', original))

const seed = 1

const accidents: readonly Accident[] = [...wrongDeletions, ...wrongTimes, ...wrongMoves, ...storms]

for (const { name, scenario, guard, violates } of accidents) {
  describe(name, () => {
    test('does not happen', async () => {
      const { violation, tail } = await simulate(seed, scenario)
      expect(violation, tail.join('\n')).toBeUndefined()
    })

    test(`happens without the guard in ${guard.file}: ${violates}`, async () => {
      const run = await substituting(guard.file, guard.without, () => simulate(seed, scenario))
      expect(run.violation, run.tail.join('\n')).toMatchObject({ invariant: violates })
    })
  })
}

describe('shrink()', () => {
  test('leaves only the steps that the violation needs', async () => {
    const { scenario, guard } = wrongTimes[0]!
    const noise: readonly Step[] = [
      { at: 16_000, do: 'configure', app: 'web', value: 'second' },
      { at: 17_000, do: 'break-watches', server: 'us', how: 'reset' },
      { at: 18_000, do: 'compact', server: 'hub' },
    ]
    const all = [...scenario.steps, ...noise].toSorted((a, b) => a.at - b.at)
    const shrunk = await substituting(guard.file, guard.without, async () =>
      shrink(await simulate(seed, { ...scenario, steps: all })),
    )
    expect(shrunk.scenario.steps).toEqual(scenario.steps)
  })
})
