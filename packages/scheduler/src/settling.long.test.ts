// Any policy after any other, on clusters whose room is taken as pods arrive: decisions settle, and fit.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, roomFor } from './fixtures.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot } from './snapshot.ts'

type Placement = ScheduleRequest['placement']

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const anyDivision = fc.oneof(
  fc.constant(byRoom),
  fc.constant(aggregated),
  fc.dictionary(fc.constantFrom(...names), fc.nat(5)).map(byWeight),
)
const anyConstraint: fc.Arbitrary<SpreadConstraint> = fc.record(
  {
    spreadByField: fc.constantFrom('region', 'cluster', 'zone'),
    minGroups: fc.integer({ min: 1, max: 3 }),
    maxGroups: fc.integer({ min: 3, max: 4 }),
    maxSharePercent: fc.integer({ min: 34, max: 100 }),
    maxSkew: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ['spreadByField'] },
)
/** One or several, one of which may keep a skew; no zone is in two regions, so that all nest. */
const anyConstraints: fc.Arbitrary<readonly SpreadConstraint[]> = fc
  .uniqueArray(anyConstraint, { minLength: 1, maxLength: 3, selector: ({ spreadByField }) => spreadByField })
  .map((constraints) =>
    constraints.map(({ maxSkew, ...rest }, at) => (at > 0 || !maxSkew ? rest : { ...rest, maxSkew })),
  )
const clusterAffinities = [
  { affinityName: 'first', clusterNames: ['a', 'b'] },
  { affinityName: 'second', clusterNames: ['c', 'd'] },
  { affinityName: 'third' },
]
/**
 * What Deny holds back while a workload is scaled down under an edited spread constraint may fit once it has gone: that
 * is a second step, so Deny goes without spread constraints here.
 */
const anyPlacement: fc.Arbitrary<Placement> = fc
  .tuple(anyDivision, fc.constantFrom('spread', 'tiers', 'plain'), anyConstraints, fc.boolean())
  .map(([division, kind, constraints, isDenied]) => {
    const spreadConstraints = division === aggregated ? constraints.map(({ maxSkew: _, ...rest }) => rest) : constraints
    return {
      ...division,
      ...(kind === 'spread' ? { spreadConstraints } : {}),
      ...(kind === 'tiers' ? { clusterAffinities } : {}),
      ...(isDenied && kind !== 'spread' ? { partialPlacement: 'Deny' as const } : {}),
    }
  })
const anyStep = fc.record({
  placement: anyPlacement,
  replicas: fc.nat(30),
  /** Pods that each cluster could run. */
  room: fc.tuple(...names.map(() => fc.nat(9))),
  ready: fc.tuple(...names.map(() => fc.integer({ min: 0, max: 9 }))),
})
type Step = typeof anyStep extends fc.Arbitrary<infer Each> ? Each : never

/** Pods by cluster name. */
type Pods = Readonly<Record<string, number>>

const regions = ['eu', 'eu', 'us', 'us', 'ap', '']
const zones = [['1'], ['1', '2'], ['1'], ['2'], ['1'], []]

function decide(step: Step, pods: Pods, previous: Decision | undefined, isGrowthReady: boolean): Decision {
  const { placement, replicas, room, ready } = step
  const rows = names.map((name, index) =>
    aClusterRow({
      name,
      region: regions[index] ?? '',
      zones: zones[index] ?? [],
      ready: ready[index] !== 0,
      ...roomFor(Math.max(0, (room[index] ?? 0) - (pods[name] ?? 0))),
    }),
  )
  const reservedOn = (id: string) => {
    const decided = previous?.clusters.find((cluster) => cluster.id === id)
    const arriving = (decided?.replicas ?? 0) - (pods[decided?.name ?? ''] ?? 0)
    return arriving > 0 ? [{ replicas: arriving }] : []
  }
  const request = aRequest({ placement, replicas, reservedOn, isGrowthReady, ...(previous ? { previous } : {}) })
  return schedule(request, createSnapshot(rows), { trigger: 'Test' })
}

const podsOf = ({ clusters }: Decision): Pods =>
  Object.fromEntries(clusters.map(({ name, replicas = 0, from = 0 }) => [name, Math.max(replicas, from)]))
const endOf = ({ clusters }: Decision): Pods =>
  Object.fromEntries(clusters.map(({ name, replicas = 0 }) => [name, replicas]))

test('schedule() settles: deciding again changes nothing, neither while pods arrive nor when they have', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 4 }), (steps) => {
      let previous: Decision | undefined
      let pods: Pods = {}
      for (const step of steps) {
        const next = decide(step, pods, previous, true)
        expect(decide(step, pods, next, false).clusters).toEqual(next.clusters)
        pods = podsOf(next)
        expect(decide(step, pods, next, false).clusters).toEqual(next.clusters)
        const ended = decide(step, pods, next, true)
        pods = podsOf(ended)
        expect(decide(step, pods, ended, true).clusters).toEqual(ended.clusters)
        previous = ended
      }
    }),
    { numRuns: 1000 },
  )
})

test('schedule() by room asks no cluster for more than it has room for, or already had', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 4 }), (steps) => {
      let previous: Decision | undefined
      let pods: Pods = {}
      for (const step of steps) {
        const next = decide(step, pods, previous, true)
        for (const { name, replicas = 0 } of isBoundByRoom(step.placement) ? next.clusters : []) {
          const room = step.room[names.indexOf(name)] ?? 0
          expect(replicas).toBeLessThanOrEqual(Math.max(room, pods[name] ?? 0))
        }
        pods = endOf(next)
        previous = { ...next, clusters: next.clusters.map(({ from: _, ...cluster }) => cluster) }
      }
    }),
    { numRuns: 1000 },
  )
})
