// What why-not says would do is held against the engine with the inputs themselves edited, and every smaller set tried.
import type { SpreadConstraint } from '@flotilla/api/placement'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byCount, byRoom, byWeight, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot } from './snapshot.ts'
import { whyNot } from './why-not.ts'

type Placement = ScheduleRequest['placement']
type Row = Partial<ClusterRow> & { readonly name: string; readonly pods: number }

interface World {
  /** The first is the one that is asked about. */
  readonly rows: readonly Row[]
  readonly placement: Placement
  readonly replicas: number | undefined
  /** What it was placed by before. */
  readonly before: Placement | undefined
}

const names = ['a', 'b', 'c', 'd']
const rarely = fc.integer({ min: 0, max: 5 }).map((one) => one === 0)
const taint = { key: 'gpu', effect: 'NoSchedule' } as const
const anyRow = (name: string): fc.Arbitrary<Row> =>
  fc
    .record({ isAway: rarely, isSuspended: rarely, isTainted: rarely, isOld: rarely, pods: fc.nat(6) })
    .chain(({ isAway, isSuspended, isTainted, isOld, pods }) =>
      fc.constantFrom('', 'eu', 'us', 'ap').map((region) => ({
        name,
        region,
        pods,
        ready: !isAway,
        suspended: isSuspended,
        taints: isTainted ? [taint] : [],
        ...(isOld ? { kinds: new Set<string>() } : {}),
      })),
    )
const anyWeights = fc.tuple(...names.map(() => fc.tuple(fc.nat(2), fc.nat(2)))).map((each) => {
  const staticWeightList = each.map(([weight, minReplicas], at) => ({
    targetCluster: { clusterNames: [names[at] ?? ''] },
    weight,
    ...(at > 0 && minReplicas > 0 ? { minReplicas } : {}),
  }))
  const { replicaScheduling } = byWeight({})
  return { replicaScheduling: { ...replicaScheduling, weightPreference: { staticWeightList } } }
})
const anyCounts = fc
  .tuple(...names.map(() => fc.nat(3)))
  .map((each) => byCount(each.map((n, at) => [names[at] ?? '', n])))
const anyDivision: fc.Arbitrary<Placement> = fc.oneof(
  fc.constant<Placement>({}),
  fc.constant(byRoom),
  fc.constant(aggregated),
  anyWeights,
  anyCounts,
)
const anyConstraint: fc.Arbitrary<Omit<SpreadConstraint, 'spreadByField'>> = fc.record(
  {
    minGroups: fc.integer({ min: 1, max: 3 }),
    maxGroups: fc.integer({ min: 1, max: 2 }),
    maxSharePercent: fc.integer({ min: 20, max: 100 }),
    maxSkew: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: [] },
)
/** One or both; one of them may keep a skew. */
const anyConstraints: fc.Arbitrary<readonly SpreadConstraint[]> = fc
  .tuple(fc.shuffledSubarray(['region', 'cluster'] as const, { minLength: 1 }), anyConstraint, anyConstraint)
  .map(([fields, one, { maxSkew: _, ...other }]) =>
    fields.map((spreadByField, at) => ({ spreadByField, ...(at === 0 ? one : other) })),
  )
const withoutSkewIf =
  (isPacked: boolean) =>
  ({ maxSkew, ...rest }: SpreadConstraint): SpreadConstraint =>
    isPacked || maxSkew === undefined ? rest : { ...rest, maxSkew }
const clusterAffinities = [
  { affinityName: 'first', clusterNames: ['b'] },
  { affinityName: 'second', clusterNames: ['a', 'c'] },
]
const anyPlacement = fc
  .tuple(anyDivision, fc.constantFrom('spread', 'spread', 'tiers', 'names', 'plain'), anyConstraints, rarely)
  .map(([division, kind, constraints, isDenied]): Placement => {
    const isCounts = division.replicaScheduling?.counts !== undefined
    return {
      ...division,
      ...(kind === 'spread' && !isCounts
        ? { spreadConstraints: constraints.map(withoutSkewIf(division === aggregated)) }
        : {}),
      ...(kind === 'tiers' && !isCounts ? { clusterAffinities } : {}),
      ...(kind === 'names' ? { clusterAffinity: { clusterNames: ['b', 'c'] } } : {}),
      ...(isDenied ? { partialPlacement: 'Deny' as const } : {}),
    }
  })
const anyWorld: fc.Arbitrary<World> = fc.record({
  rows: fc.tuple(...names.map(anyRow)),
  placement: anyPlacement,
  replicas: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 8 }) }, fc.constant(undefined)),
  before: fc.option(anyDivision, { nil: undefined }),
})

type Edit = (world: World) => World

const onRow =
  (change: Partial<Row>): Edit =>
  (world) => ({ ...world, rows: world.rows.map((row, at) => (at === 0 ? { ...row, ...change } : row)) })
const onPlacement =
  (change: (placement: Placement) => Placement): Edit =>
  (world) => ({ ...world, placement: change(world.placement) })
const withoutLimit = (field: SpreadConstraint['spreadByField'], name: string) =>
  onPlacement(({ spreadConstraints = [], ...placement }) => ({
    ...placement,
    spreadConstraints: spreadConstraints.map((constraint) =>
      constraint.spreadByField === field
        ? Object.fromEntries(Object.entries(constraint).filter(([key]) => key !== name))
        : constraint,
    ),
  }))
/** Each limit of each constraint, by what lifting it is called. */
const limitEdits = ({ placement: { spreadConstraints = [] } }: World): Readonly<Record<string, Edit>> =>
  Object.fromEntries(
    spreadConstraints.flatMap(({ spreadByField, spreadByLabel: _, ...limits }) =>
      Object.entries(limits).map(([name, limit]) => [
        `without ${name} ${limit} by ${spreadByField}`,
        withoutLimit(spreadByField, name),
      ]),
    ),
  )
const withWeights = (change: (list: readonly object[]) => readonly object[]) =>
  onPlacement((placement) => {
    const { replicaScheduling } = placement
    const list = replicaScheduling?.weightPreference?.staticWeightList
    if (list === undefined) return placement
    const weightPreference = { staticWeightList: change(list) as typeof list }
    return { ...placement, replicaScheduling: { ...replicaScheduling, weightPreference } }
  })

/** What each rule's lifting means for the inputs. */
const edits: Readonly<Record<string, Edit>> = {
  NotReady: onRow({ ready: true }),
  Suspended: onRow({ suspended: false }),
  TaintToleration: onRow({ taints: [] }),
  ApiSupport: onRow({ kinds: new Set(['apps/Deployment']) }),
  ClusterAffinity: onPlacement(({ clusterAffinity: _, ...rest }) =>
    _ === undefined ? rest : { ...rest, clusterAffinity: { clusterNames: ['a', 'b', 'c'] } },
  ),
  // Only of a cluster in no domain: elsewhere each limit is a rule of its own.
  SpreadConstraint: (world) => {
    const { spreadConstraints = [] } = world.placement
    const others = spreadConstraints.filter(({ spreadByField }) => spreadByField !== 'region')
    if (others.length === spreadConstraints.length || world.rows[0]?.region !== '') return world
    return onPlacement((placement) => ({ ...placement, spreadConstraints: others }))(world)
  },
  Room: (world) => onRow({ pods: Math.max(1, world.rows[0]?.pods ?? 0) })(world),
  partialPlacement: onPlacement(({ partialPlacement: _, ...rest }) => rest),
  staticWeightList: withWeights((list) => [{ targetCluster: { clusterNames: ['a'] }, weight: 1 }, ...list.slice(1)]),
  minReplicas: withWeights((list) => list.map((entry) => ({ ...entry, minReplicas: 0 }))),
  counts: onPlacement((placement) => {
    const { counts, ...scheduling } = placement.replicaScheduling ?? {}
    if (counts === undefined) return placement
    const own = { targetCluster: { clusterNames: ['a'] }, replicas: 1 }
    return { ...placement, replicaScheduling: { ...scheduling, counts: [own, ...counts.slice(1)] } }
  }),
  clusterAffinities: onPlacement(({ clusterAffinities: tiers, ...rest }) =>
    tiers === undefined
      ? rest
      : { ...rest, clusterAffinities: [{ affinityName: 'first', clusterNames: ['a', 'b'] }, ...tiers.slice(1)] },
  ),
}

const snapshotOf = ({ rows }: World) =>
  createSnapshot(rows.map(({ pods, ...row }) => aClusterRow({ ...row, ...roomFor(pods) })))
const healthy = createSnapshot(names.map((name) => aClusterRow({ name, ...roomFor(2) })))
const requestOf = ({ placement, replicas, before }: World): ScheduleRequest => {
  const { replicas: _, ...request } = aRequest({ placement, isGrowthReady: true })
  const asked = replicas === undefined ? request : { ...request, replicas }
  if (before === undefined) return asked
  return { ...asked, previous: schedule({ ...asked, placement: before }, healthy, { trigger: 'Test' }) }
}
const hasOneOnA = (world: World): boolean => {
  const request = { ...requestOf(world), force: { clusterId: 'id-a', waived: new Set<string>() } }
  const entry = schedule(request, snapshotOf(world), { trigger: 'Test' }).clusters.find(({ name }) => name === 'a')
  return entry !== undefined && (entry.replicas ?? 1) > 0
}
const after = (world: World, edit: Readonly<Record<string, Edit>>, rules: readonly string[]) =>
  rules.reduce((changed, rule) => edit[rule]?.(changed) ?? changed, world)

function* subsetsOf(items: readonly string[], size: number): Iterable<readonly string[]> {
  if (size === 0) yield []
  else
    for (const [at, item] of items.entries())
      for (const rest of subsetsOf(items.slice(at + 1), size - 1)) yield [item, ...rest]
}

test('whyNot() names rules that suffice, and no fewer would', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const answer = whyNot(requestOf(world), snapshotOf(world), 'id-a')
      const edit = { ...edits, ...limitEdits(world) }
      const rules = answer.relax.map(({ rule, change }) => (rule in edits ? rule : change))
      for (const rule of rules) expect(Object.keys(edit)).toContain(rule)
      expect(hasOneOnA(after(world, edit, rules))).toBe(true)
      expect(answer.verdict === 'Barred').toBe(rules.length > 0)
      const lifting = Object.keys(edit).filter((rule) => fc.stringify(edit[rule]?.(world)) !== fc.stringify(world))
      for (let size = 0; size < rules.length; size += 1) {
        for (const fewer of subsetsOf(lifting, size))
          expect([fewer, hasOneOnA(after(world, edit, fewer))]).toEqual([fewer, false])
      }
    }),
    { numRuns: 1000 },
  )
})
