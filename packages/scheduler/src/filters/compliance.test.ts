import type { Compliance } from '@flotilla/api/compliance'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byCount, byRoom, byWeight, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { type ClusterRow, createSnapshot } from '../snapshot.ts'
import { whyNot } from '../why-not.ts'
import { compliance } from './compliance.ts'

const options = { trigger: 'Test' }
const property = (values: readonly string[], isRead = true) => ({ values: new Set(values), isRead })
const inEu: Compliance = { jurisdictions: ['EU'] }
const eu = { 'jurisdiction.flotilla.dev/EU': 'true' }

const table: readonly {
  readonly name: string
  readonly asked: Compliance
  readonly cluster: Partial<ClusterRow>
  readonly want: readonly ['NoGrowth' | 'Leave', string] | undefined
}[] = [
  { name: 'takes a cluster that the hub clears', asked: inEu, cluster: { labels: eu }, want: undefined },
  {
    name: 'has a cluster left that says nothing',
    asked: inEu,
    cluster: {},
    want: ['Leave', 'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is not set)'],
  },
  {
    name: 'takes no other value for yes',
    asked: inEu,
    cluster: { labels: { 'jurisdiction.flotilla.dev/EU': 'yes' } },
    want: ['Leave', 'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is yes)'],
  },
  {
    name: 'wants one of the jurisdictions',
    asked: { jurisdictions: ['CH', 'EU'] },
    cluster: { labels: eu },
    want: undefined,
  },
  {
    name: 'wants all certifications',
    asked: { certifications: ['iso27001', 'pci'] },
    cluster: { labels: { 'certification.flotilla.dev/pci': 'true' } },
    want: ['Leave', 'it is not certified for iso27001 (label certification.flotilla.dev/iso27001 is not set)'],
  },
  {
    name: 'wants clearance for every class of data',
    asked: { dataClasses: ['health', 'personal'] },
    cluster: { labels: { 'data-class.flotilla.dev/personal': 'true' } },
    want: ['Leave', 'it is not cleared for data of class health (label data-class.flotilla.dev/health is not set)'],
  },
  {
    name: 'lets no member clear itself',
    asked: inEu,
    cluster: { properties: new Map([['jurisdiction.flotilla.dev', property(['EU'])]]) },
    want: ['Leave', 'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is not set)'],
  },
  {
    name: 'adds nothing to a member that does not confirm what the hub says, and takes nothing away',
    asked: inEu,
    cluster: { labels: eu, properties: new Map([['jurisdiction.flotilla.dev', property(['US'])]]) },
    want: [
      'NoGrowth',
      'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is true, its ClusterProperty jurisdiction.flotilla.dev lists US)',
    ],
  },
  {
    name: 'still counts an older reading against the member',
    asked: inEu,
    cluster: { labels: eu, properties: new Map([['jurisdiction.flotilla.dev', property([], false)]]) },
    want: [
      'NoGrowth',
      'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is true, its ClusterProperty jurisdiction.flotilla.dev could not be read)',
    ],
  },
  {
    name: 'goes by the property where the hub says reported',
    asked: inEu,
    cluster: {
      labels: { 'jurisdiction.flotilla.dev/EU': 'reported' },
      properties: new Map([['jurisdiction.flotilla.dev', property(['DE', 'EU'])]]),
    },
    want: undefined,
  },
  {
    name: 'adds nothing where what is reported is not known, and takes nothing away',
    asked: inEu,
    cluster: { labels: { 'jurisdiction.flotilla.dev/EU': 'reported' } },
    want: [
      'NoGrowth',
      'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is reported, its ClusterProperty jurisdiction.flotilla.dev is not known)',
    ],
  },
  {
    name: 'does not count an older reading for the member',
    asked: inEu,
    cluster: {
      labels: { 'jurisdiction.flotilla.dev/EU': 'reported' },
      properties: new Map([['jurisdiction.flotilla.dev', property(['EU'], false)]]),
    },
    want: [
      'NoGrowth',
      'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is reported, its ClusterProperty jurisdiction.flotilla.dev could not be read)',
    ],
  },
  {
    name: 'tells all that is missing',
    asked: { ...inEu, certifications: ['pci'] },
    cluster: {},
    want: [
      'Leave',
      'its jurisdiction is not one of EU (label jurisdiction.flotilla.dev/EU is not set); it is not certified for pci (label certification.flotilla.dev/pci is not set)',
    ],
  },
]

describe('compliance', () => {
  test.each(table)('$name', ({ asked, cluster, want }) => {
    const judge = compliance.prepare(aRequest({ placement: { compliance: asked } }))
    const objection = judge(aClusterRow({ name: 'a', ...cluster }))
    expect(objection && [objection.effect, objection.describe()]).toEqual(want)
  })
})

describe('schedule() with compliance', () => {
  const rows = (labels: Readonly<Record<string, ClusterRow['labels']>>) =>
    createSnapshot(Object.entries(labels).map(([name, each]) => aClusterRow({ name, labels: each })))

  test('takes replicas off a cluster that the hub no longer clears, once others have them', () => {
    const placement = { ...byWeight({ a: 1, b: 1 }), compliance: inEu }
    const first = schedule(aRequest({ placement, replicas: 4 }), rows({ a: eu, b: eu }), options)
    const request = aRequest({ placement, replicas: 4, previous: first })
    const moving = schedule(request, rows({ a: eu, b: {} }), options)
    expect(moving.clusters.map(({ name, replicas, from }) => [name, replicas, from])).toEqual([
      ['a', 4, 2],
      ['b', 0, 2],
    ])
    expect(moving.shortfall).toMatchObject({ reason: 'NotCompliant', missingReplicas: 0 })
    expect(moving.shortfall?.message).toMatch(/^b still has 2: its jurisdiction is not one of EU/)
    const done = schedule({ ...request, previous: moving, isGrowthReady: true }, rows({ a: eu, b: {} }), options)
    expect(replicasOf(done)).toEqual({ a: 4 })
    expect(done.shortfall).toBeUndefined()
  })

  test('keeps what runs where nothing complies any more, and says so', () => {
    const placement = { compliance: inEu }
    const previous = schedule(aRequest({ placement, replicas: 2 }), rows({ a: eu }), options)
    const after = schedule(aRequest({ placement, replicas: 5, previous }), rows({ a: {} }), options)
    expect(after.clusters.map(({ replicas, from }) => [replicas, from])).toEqual([[0, 2]])
    expect(after.shortfall?.reason).toBe('Unschedulable')
  })

  test('evicts nothing when a property cannot be read', () => {
    const placement = { ...byWeight({ a: 1 }), compliance: inEu }
    const labels = { 'jurisdiction.flotilla.dev/EU': 'reported' }
    const at = (isRead: boolean) =>
      createSnapshot([
        aClusterRow({
          name: 'a',
          labels,
          properties: new Map([['jurisdiction.flotilla.dev', property(['EU'], isRead)]]),
        }),
      ])
    const previous = schedule(aRequest({ placement, replicas: 3 }), at(true), options)
    expect(replicasOf(schedule(aRequest({ placement, replicas: 3, previous }), at(false), options))).toEqual({ a: 3 })
    expect(replicasOf(schedule(aRequest({ placement, replicas: 9, previous }), at(false), options))).toEqual({ a: 3 })
  })

  test('why-not says what is missing and what would clear it', () => {
    const answer = whyNot(aRequest({ placement: { compliance: inEu } }), rows({ a: eu, b: {} }), 'id-b')
    expect(answer.verdict).toBe('Barred')
    expect(answer.reasons[0]?.rule).toBe('Compliance')
    expect(answer.relax).toEqual([
      { rule: 'Compliance', change: 'labels of its Cluster clear it, and its ClusterProperty where they say reported' },
    ])
    expect(answer.moves).toEqual([{ cluster: 'b', from: 0, to: 12 }])
  })
})

const names = ['a', 'b', 'c', 'd']
const anyRow = (name: string): fc.Arbitrary<ClusterRow> =>
  fc
    .record({
      label: fc.constantFrom('true', 'true', 'reported', 'false', undefined),
      reported: fc.constantFrom<readonly string[] | undefined>(['EU'], ['US'], undefined),
      isRead: fc.boolean(),
      ready: fc.boolean(),
      suspended: fc.boolean(),
      pods: fc.nat(8),
      taint: fc.constantFrom('NoSchedule', 'NoExecute', undefined),
    })
    .map(({ label, reported, isRead, taint, pods, ...rest }) =>
      aClusterRow({
        name,
        ...rest,
        ...roomFor(pods),
        labels: label === undefined ? {} : { 'jurisdiction.flotilla.dev/EU': label },
        taints: taint === undefined ? [] : [{ key: 'k', effect: taint }],
        properties: new Map(
          reported === undefined ? [] : [['jurisdiction.flotilla.dev', property(reported, isRead)] as const],
        ),
      }),
    )
const anyDivision = fc.constantFrom<ScheduleRequest['placement']>(
  {},
  byRoom,
  aggregated,
  byWeight({ a: 2, b: 1, c: 1, d: 3 }),
  byCount(names.map((name) => [name, 2])),
  { ...byWeight({ a: 1, b: 1, c: 1, d: 1 }), partialPlacement: 'Deny' },
  { ...byRoom, clusterAffinities: names.map((name) => ({ affinityName: name, clusterNames: [name] })) },
)

/** What the promise says, in its own words: by the labels and properties that the hub shows. */
function complies({ labels, properties }: ClusterRow): boolean {
  const said = labels['jurisdiction.flotilla.dev/EU']
  const reported = properties.get('jurisdiction.flotilla.dev')
  if (said === 'reported') return reported?.isRead === true && reported.values.has('EU')
  return said === 'true' && (reported === undefined || reported.values.has('EU'))
}

const heldIn = (decision: Decision | undefined, id: string) => {
  const entry = decision?.clusters.find((cluster) => cluster.id === id)
  return entry === undefined ? 0 : Math.max(entry.replicas ?? 1, entry.from ?? 0)
}

test('schedule() decides no new replica for a cluster that does not comply, whatever happens to clusters', () => {
  const anyStep = fc.record({
    rows: fc.tuple(...names.map(anyRow)),
    lost: fc.constantFrom(...names, undefined),
    replicas: fc.option(fc.nat(12), { nil: undefined, freq: 9 }),
    isGrowthReady: fc.boolean(),
    placement: anyDivision,
  })
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 2, maxLength: 6 }), (steps) => {
      const isWhole = steps[0]?.replicas === undefined
      let previous: Decision | undefined
      for (const { rows, lost, replicas, isGrowthReady, placement } of steps) {
        const snapshot = createSnapshot(rows.filter(({ name }) => name !== lost))
        const { replicas: _, ...request } = aRequest({ isGrowthReady, placement: { ...placement, compliance: inEu } })
        const asked = { ...request, ...(isWhole ? {} : { replicas: replicas ?? 3 }), ...(previous ? { previous } : {}) }
        const decision = schedule(asked, snapshot, options)
        for (const { id } of decision.clusters) {
          const row = snapshot.byId.get(id)
          if (row === undefined || complies(row)) continue
          expect(heldIn(decision, id)).toBeLessThanOrEqual(heldIn(previous, id))
        }
        previous = decision
      }
    }),
    { numRuns: 1000 },
  )
})
