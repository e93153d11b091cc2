// Moves away from clusters that are not lost, too many at once, too early, or back too soon.
import type * as freeze from '../../../packages/control-plane/src/freeze.ts'
import type * as availability from '../../../packages/control-plane/src/cluster/health/availability.ts'
import type * as grace from '../../../packages/control-plane/src/binding/scheduler/grace.ts'
import type * as guard from '../../../packages/control-plane/src/failover/guard.ts'
import type * as pace from '../../../packages/control-plane/src/failover/pace.ts'
import type * as quarantine from '../../../packages/control-plane/src/failover/quarantine.ts'
import type * as returns from '../../../packages/control-plane/src/failover/return.ts'
import type * as unmovable from '../../../packages/control-plane/src/failover/unmovable.ts'
import type { Scenario, Step } from '../scenario.ts'
import { scenarioOf, withoutGuard, type Accident } from './accident.ts'
import { withoutGrowth } from './wrong-times.ts'

const many = ['eu', 'us', 'ap', 'sa', 'af', 'me', 'oc'] as const

function lossesOf(name: string, lastsMs: number, steps: readonly Step[], rest: Partial<Scenario> = {}): Scenario {
  return scenarioOf(name, lastsMs, steps, { failsOver: true, actsWithinMs: 15_000, ...rest })
}

/** As many apps on `us`, and as many on `eu` where they can go. */
function crowd(count: number, weights: Readonly<Record<string, number>>): readonly Step[] {
  return Array.from({ length: count }, (_, index) => ({
    at: 100 + index,
    do: 'deploy',
    app: `app-${index}`,
    replicas: 2,
    weights,
  }))
}

function cutOff(servers: readonly string[], at: number, forMs: number): readonly Step[] {
  return servers.map((server) => ({ at, do: 'weather', server, weather: { cut: 'both' }, forMs }))
}

const flaps = [25_000, 55_000, 95_000].map((at) => ({ at, do: 'down', server: 'us', forMs: 20_000 }) as const)

export const wrongMoves: readonly Accident[] = [
  {
    name: 'a hub that is cut off takes everybody else for lost (AWS, 2011; karmada#6098)',
    scenario: lossesOf('cut off', 80_000, cutOff(['us', 'ap', 'sa'], 20_000, 55_000), {
      members: ['eu', 'us', 'ap', 'sa'],
    }),
    guard: withoutGuard<typeof guard>('control-plane/failover/guard', ({ judgeFleet }) => ({
      judgeFleet: (...[members, isFrozen]: Parameters<typeof judgeFleet>) =>
        new Map(members.flatMap((member) => [...judgeFleet([{ ...member, region: '', provider: '' }], isFrozen)])),
    })),
    violates: 'failover',
  },
  {
    name: 'all that a cluster ran lands on its neighbours within a second (recovery storms)',
    scenario: lossesOf('storm', 75_000, [
      ...crowd(25, { us: 1, eu: 1 }),
      { at: 20_000, do: 'down', server: 'us', forMs: 50_000 },
    ]),
    guard: withoutGuard<typeof pace>('control-plane/failover/pace', () => ({
      refill: (_: unknown, __: unknown, now: number) => ({ left: 1_000, at: now }),
    })),
    violates: 'I6',
  },
  {
    name: 'the more is lost the faster it moves (cascading failures)',
    scenario: lossesOf(
      'cascade',
      100_000,
      [
        ...crowd(8, { us: 1, oc: 1 }),
        ...cutOff(['ap', 'sa'], 16_000, 80_000),
        { at: 50_000, do: 'down', server: 'us', forMs: 45_000 },
      ],
      { members: many },
    ),
    guard: withoutGuard<typeof guard>('control-plane/failover/guard', ({ judgeFleet }) => ({
      rateOf: () => 10,
      judgeFleet: (...args: Parameters<typeof judgeFleet>) =>
        new Map([...judgeFleet(...args)].map(([name, verdict]) => [name, { ...verdict, perSecond: 10 }])),
    })),
    violates: 'I6',
  },
  {
    name: 'what replaces a lost copy is not ready when that is removed on its return (karmada#5150)',
    scenario: lossesOf('returns', 60_000, [{ at: 20_000, do: 'down', server: 'us', forMs: 35_000 }], {
      podStartMs: 9_000,
    }),
    guard: withoutGrowth,
    violates: 'I3',
  },
  {
    name: 'the grace period takes away the last copy that serves (karmada#5788)',
    scenario: lossesOf('grace', 60_000, [{ at: 20_000, do: 'down', server: 'us', forMs: 35_000 }], {
      podStartMs: 9_000,
    }),
    guard: withoutGuard<typeof grace>('control-plane/binding/scheduler/grace', () => ({ graceMs: () => 0 })),
    violates: 'I3',
  },
  {
    name: 'what must run once runs twice: the lost one was running (StatefulSets, force deleted)',
    scenario: lossesOf('singleton', 80_000, [
      { at: 500, do: 'deploy', app: 'db', replicas: 1, weights: { us: 9, eu: 1 }, isSingleton: true },
      { at: 20_000, do: 'down', server: 'us', forMs: 50_000 },
    ]),
    guard: withoutGuard<typeof unmovable>('control-plane/failover/unmovable', () => ({
      whySingleton: () => undefined,
    })),
    violates: 'singleton',
  },
  {
    name: 'a cluster that comes and goes is evacuated again and again (flapping nodes)',
    scenario: lossesOf('flaps', 180_000, [
      ...flaps.slice(0, 2),
      { at: 100_000, do: 'down', server: 'us', forMs: 50_000 },
    ]),
    guard: withoutGuard<typeof availability>('control-plane/cluster/health/availability', ({ nextHealth }) => ({
      nextHealth: (...[before, ...rest]: Parameters<typeof nextHealth>) =>
        nextHealth(before && { ...before, losses: [] }, ...rest),
    })),
    violates: 'failover',
  },
  {
    name: 'a cluster that comes and goes gets work again each time (flapping nodes)',
    scenario: lossesOf('quarantine', 130_000, flaps),
    guard: withoutGuard<typeof quarantine>('control-plane/failover/quarantine', () => ({
      needsQuarantine: () => false,
    })),
    violates: 'quarantine',
  },
  {
    name: 'work returns with the first answer of a cluster, and leaves with its next silence (fail-back loops)',
    scenario: lossesOf('fail-back', 100_000, [{ at: 20_000, do: 'down', server: 'us', forMs: 45_000 }]),
    guard: withoutGuard<typeof returns>('control-plane/failover/return', ({ judgeReturn }) => ({
      judgeReturn: (sight: Parameters<typeof judgeReturn>[0]) => judgeReturn({ ...sight, steadyMs: 0 }),
    })),
    violates: 'failover',
  },
  {
    name: 'a machine that was stopped takes its own sleep for their silence (suspended controllers)',
    scenario: lossesOf('stopped', 120_000, [
      { at: 20_000, do: 'pause', how: 'stopped', forMs: 60_000 },
      { at: 80_000, do: 'down', server: 'us', forMs: 14_000 },
    ]),
    guard: withoutGuard<typeof availability>('control-plane/cluster/health/availability', () => ({
      addMiss: (before: Parameters<typeof availability.addMiss>[0], now: number) => ({
        misses: before.misses + 1,
        lastedMs: before.lastedMs + now - before.probedAt,
        probedAt: now,
      }),
    })),
    violates: 'failover',
  },
  {
    name: 'failover goes on while people repair the network (moves that nobody could stop)',
    scenario: lossesOf('frozen', 90_000, [
      { at: 18_000, do: 'freeze', forMs: 80_000 },
      { at: 20_000, do: 'down', server: 'us', forMs: 50_000 },
    ]),
    guard: withoutGuard<typeof freeze>('control-plane/freeze', () => ({ isFrozen: () => false })),
    violates: 'frozen',
  },
]
