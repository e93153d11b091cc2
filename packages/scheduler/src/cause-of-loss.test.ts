import { describe, expect, test } from 'vitest'
import { prepareCauses } from './cause-of-loss.ts'
import { aClusterRow, aRequest, aSnapshot, byWeight } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

const options = { trigger: 'Test' }
const both = aSnapshot('eu', 'us')
const onlyUs: ScheduleRequest['placement'] = { clusterAffinity: { clusterNames: ['us'] } }
const even = byWeight({ eu: 1, us: 1 })
const tainted = (key: string): Snapshot =>
  createSnapshot([aClusterRow({ name: 'eu', taints: [{ key, effect: 'NoExecute' }] }), aClusterRow({ name: 'us' })])

/** What the last decision leads to, growth being ready at once. */
const causeOnEu = (before: Partial<ScheduleRequest>, after: Partial<ScheduleRequest>, snapshot = both) => {
  let previous = schedule(aRequest({ replicas: 2, ...before }), both, options)
  let cause: string | undefined
  for (let turn = 0; turn < 3; turn++) {
    const request = aRequest({ replicas: 2, ...before, ...after, previous, isGrowthReady: true })
    const next = schedule(request, snapshot, options)
    const isLost =
      previous.clusters.some(({ name }) => name === 'eu') && !next.clusters.some(({ name }) => name === 'eu')
    if (isLost) cause = prepareCauses(request, next, snapshot)('id-eu')
    previous = next
  }
  return cause
}

describe('prepareCauses()', () => {
  const table: readonly {
    readonly name: string
    readonly before?: Partial<ScheduleRequest>
    readonly after: Partial<ScheduleRequest>
    readonly snapshot?: Snapshot
    readonly want: string
  }[] = [
    {
      name: 'an affinity that leaves it out',
      before: { placement: even },
      after: { placement: { ...even, ...onlyUs } },
      want: 'NoLongerScheduled',
    },
    {
      name: 'weights that leave it out',
      before: { placement: even },
      after: { placement: byWeight({ us: 1 }) },
      want: 'NoLongerScheduled',
    },
    { name: 'a taint', before: { placement: even }, after: {}, snapshot: tainted('broken'), want: 'NoLongerScheduled' },
    {
      name: 'a drain',
      before: { placement: even },
      after: {},
      snapshot: tainted('flotilla.dev/drain'),
      want: 'Drained',
    },
    {
      name: 'an eviction',
      before: { placement: even },
      after: { evicted: new Map([['id-eu', 'lost']]) },
      want: 'Evicted',
    },
    {
      name: 'a template scaled down',
      before: { placement: byWeight({ eu: 1, us: 2 }) },
      after: { replicas: 1 },
      want: 'Moved',
    },
    {
      name: 'copies that become shares of one',
      before: { placement: {} },
      after: { placement: byWeight({ eu: 1, us: 2 }), replicas: 1 },
      want: 'NoLongerScheduled',
    },
    {
      name: 'an object that goes whole, and not there any more',
      before: { placement: {} },
      after: { placement: onlyUs },
      want: 'NoLongerScheduled',
    },
  ]
  test.each(table)('tells of $name', ({ before = {}, after, snapshot, want }) => {
    expect(causeOnEu(before, after, snapshot)).toBe(want)
  })
})
