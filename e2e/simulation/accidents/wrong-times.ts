// Copies that went too early, writers that wrote too late, and promises that did not outlive a crash.
import type * as coreStore from '../../../packages/kube-server/src/store/core-store.ts'
import type * as growth from '../../../packages/control-plane/src/binding/scheduler/growth.ts'
import type * as hubLease from '../../../packages/control-plane/src/cluster/health/hub-lease.ts'
import type * as judgeProbe from '../../../packages/control-plane/src/cluster/health/judge-probe.ts'
import type * as fences from '../../../packages/control-plane/src/fences.ts'
import type * as replicas from '../../../packages/control-plane/src/delivery/replicas.ts'
import type * as succession from '../../../packages/control-plane/src/delivery/succession.ts'
import { scenarioOf, withoutGuard, type Accident } from './accident.ts'

const turnRound = { at: 25_000, do: 'weigh', app: 'web', weights: { eu: 1, us: 5 } } as const

/** Whatever grows counts as ready at once. */
export const withoutGrowth = withoutGuard<typeof growth>('control-plane/binding/scheduler/growth', () => ({
  isGrowthReady: () => true,
  SteadyGrowth: class {
    waitMs = () => 0
    forget = () => {}
  },
}))

export const wrongTimes: readonly Accident[] = [
  {
    name: 'a move takes the old copies away before the new ones are ready (karmada#5150)',
    scenario: scenarioOf('move', 40_000, [turnRound], { podStartMs: 4_000 }),
    guard: withoutGuard<typeof replicas>('control-plane/delivery/replicas', () => ({
      shareOf: ({ replicas: share }: { replicas?: number }) => (share === undefined ? undefined : { replicas: share }),
    })),
    violates: 'I3',
  },
  {
    name: 'growth that has not been reported yet counts as healthy: all of nothing is well (karmada#7455)',
    scenario: scenarioOf('all of nothing', 40_000, [turnRound], { podStartMs: 4_000 }),
    guard: withoutGrowth,
    violates: 'I3',
  },
  {
    name: 'a template that is created anew loses its copies in between (karmada, recreated resources)',
    scenario: scenarioOf('recreate', 60_000, [
      { at: 20_000, do: 'delete-policy', app: 'web' },
      { at: 25_000, do: 'recreate', app: 'web', replicas: 6 },
      { at: 40_000, do: 'place', app: 'web', weights: { eu: 2, us: 1 } },
    ]),
    guard: withoutGuard<typeof succession>('control-plane/delivery/succession', () => ({
      successionWaitMs: () => 0,
      isSuccessor: () => false,
    })),
    violates: 'I3',
  },
  {
    name: 'a leader that was paused goes on writing after another has taken over (client-go leader election)',
    scenario: scenarioOf('paused leader', 90_000, [
      { at: 22_000, do: 'pause', how: 'stopped', forMs: 50_000 },
      { at: 22_500, do: 'rival', forMs: 60_000 },
      { at: 71_800, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof fences>('control-plane/fences', ({ Fences }) => ({
      Fences: class extends Fences {
        override mayWrite() {
          return true
        }
      },
    })),
    violates: 'I5',
  },
  {
    name: 'a machine that slept trusts its own clock, which stood still (kubernetes, suspended nodes)',
    scenario: scenarioOf('asleep', 90_000, [
      { at: 22_000, do: 'pause', how: 'asleep', forMs: 50_000 },
      { at: 22_500, do: 'rival', forMs: 60_000 },
      { at: 71_800, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof hubLease>('control-plane/cluster/health/hub-lease', ({ createHubLease }) => ({
      createHubLease: (...[env, api, own]: Parameters<typeof createHubLease>) =>
        createHubLease({ ...env, clock: { ...env.clock, now: env.clock.monotonic } }, api, own),
    })),
    violates: 'I5',
  },
  {
    name: 'a hub that was restored from an older backup writes over what a newer one said (Velero, restored twice)',
    scenario: scenarioOf('older generation', 75_000, [
      { at: 25_000, do: 'claim', cluster: 'us', generation: 2, hubId: 'hub' },
      { at: 65_000, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof hubLease>('control-plane/cluster/health/hub-lease', ({ createHubLease }) => ({
      createHubLease: (...args: Parameters<typeof createHubLease>) => ({
        ...createHubLease(...args),
        mayWrite: () => true,
      }),
    })),
    violates: 'I5',
  },
  {
    name: 'two hubs from one backup manage one member, turn by turn (argo-cd, two instances)',
    scenario: scenarioOf('two hubs', 75_000, [
      { at: 25_000, do: 'claim', cluster: 'us', generation: 1, hubId: 'another' },
      { at: 65_000, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof fences>('control-plane/fences', ({ Fences }) => ({
      Fences: class extends Fences {
        override mayWrite() {
          return true
        }
      },
    })),
    violates: 'I5',
  },
  {
    name: 'another cluster under the old name is taken for it (KubeSphere, imports that reuse a name)',
    scenario: scenarioOf('same name', 90_000, [
      { at: 25_000, do: 'wipe', cluster: 'us', isPrepared: true },
      { at: 60_000, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof judgeProbe>('control-plane/cluster/health/judge-probe', ({ judgeProbe: judge }) => ({
      judgeProbe: (...[member, state, result, ...rest]: Parameters<typeof judge>) => {
        Object.assign(result, result.kind === 'answered' ? { id: member.id } : {})
        return judge(member, state, result, ...rest)
      },
    })),
    violates: 'I2',
  },
  {
    name: 'a write is acknowledged before it is on the disk (etcd 3.5, lost after a crash)',
    scenario: scenarioOf(
      'crash',
      60_000,
      [25_000, 30_000, 35_000, 40_000, 45_000].flatMap((at, index) => [
        { at, do: 'scale', app: 'web', replicas: index + 2 } as const,
        { at: at + 30, do: 'down', server: 'hub', forMs: 200 } as const,
      ]),
    ),
    guard: withoutGuard<typeof coreStore>('kube-server/store/core-store', ({ CoreStore }) => ({
      CoreStore: class extends CoreStore {
        constructor({ journal, ...options }: ConstructorParameters<typeof CoreStore>[0]) {
          super(
            journal === undefined
              ? options
              : { ...options, journal: { ...journal, sync: async () => void journal.sync() } },
          )
        }
      },
    })),
    violates: 'I1',
  },
]
