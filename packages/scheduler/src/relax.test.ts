import { expect, test } from 'vitest'
import { aClusterRow, aRequest, byRoom, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot } from './snapshot.ts'

type Cluster = Partial<ClusterRow> & { readonly name: string }

const cpu = { resourceRequest: { cpu: '500m', memory: '1Gi' } }
const over = (constraint: object): ScheduleRequest['placement'] => ({
  ...byRoom,
  spreadConstraints: [{ spreadByField: 'region', ...constraint }],
})
const at = (name: string, region: string, pods: number, more: Partial<ClusterRow> = {}): Cluster => ({
  name,
  region,
  ...roomFor(pods),
  ...more,
})

const table: readonly {
  readonly name: string
  readonly given: Partial<ScheduleRequest>
  readonly clusters: readonly Cluster[]
  readonly want: string
}[] = [
  {
    name: 'names the cluster that would take most, of those with a single filter against them',
    given: { placement: byRoom, replicas: 9 },
    clusters: [
      at('a', 'eu', 4),
      at('b', 'eu', 3, { ready: false }),
      at('c', 'eu', 4, { suspended: true }),
      at('d', 'eu', 9, { suspended: true, ready: false }),
    ],
    want: '4 of 9 replicas have a place: a is full with 4. Smallest change: without Suspended on c, 4 more',
  },
  {
    name: 'names the rule that would free most',
    given: { placement: over({ maxGroups: 2, maxSharePercent: 50 }), replicas: 10 },
    clusters: [at('a', 'eu', 20), at('b', 'us', 2), at('c', 'ap', 1)],
    want: '7 of 10 replicas have a place: region eu at 50 % (5), maxGroups 2 by region leaves out ap, b is full with 2. Smallest change: without maxSharePercent 50 by region, 3 more',
  },
  {
    name: 'says how much room is needed where no rule stands in the way',
    given: { placement: byRoom, replicas: 3, requirements: cpu },
    clusters: [at('a', 'eu', 9)],
    want: '0 of 3 replicas have a place: a has no room. Smallest change: room for 3 more (cpu 500m, memory 1Gi each)',
  },
  {
    name: 'names what keeps the only cluster out',
    given: { placement: byRoom, replicas: 3 },
    clusters: [at('a', 'eu', 9, { ready: false, notReadyReason: 'no route' })],
    want: 'none of 1 clusters fits (NotReady 1): a: it is not Ready: no route. Smallest change: without NotReady on a, 3 more',
  },
]

test.each(table)('suggestChange() $name', ({ given, clusters, want }) => {
  const snapshot = createSnapshot(clusters.map(aClusterRow))
  expect(schedule(aRequest(given), snapshot, { trigger: 'Test' }).shortfall?.message).toBe(want)
})
