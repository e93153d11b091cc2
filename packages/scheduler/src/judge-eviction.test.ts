import type { Decision } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aRequest, byCount, byRoom, byWeight, replicasOf, roomFor } from './fixtures.ts'
import { judgeEviction } from './judge-eviction.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

const options = { trigger: 'Test' }
const evicted = new Map([['id-eu', 'eu is lost']])

/** What becomes of a workload that was placed on all clusters when `eu` is lost; `free`: pods that `us` has room for then. */
function lose(request: ScheduleRequest, snapshot: Snapshot, free?: number) {
  const previous = schedule(request, snapshot, options)
  const next = { ...request, previous, isGrowthReady: true, evicted }
  const clusters = snapshot.clusters.map((row) => {
    if (row.name === 'eu') return { ...row, ready: false }
    return free === undefined ? row : { ...row, ...roomFor(free) }
  })
  const after = createSnapshot(clusters)
  const decision = schedule(next, after, options)
  return { decision, verdict: judgeEviction(next, decision, after, 'id-eu') }
}

const entries = ({ clusters }: Decision) =>
  clusters.map(({ name, replicas, from }) => `${name} ${replicas} from ${from}`)

describe('judgeEviction()', () => {
  test('says what grows, and keeps the old copy until it has', () => {
    const { decision, verdict } = lose(aRequest({ placement: byWeight({ eu: 1, us: 1 }) }), aFleet({ eu: 20, us: 20 }))
    expect(verdict).toEqual({ kind: 'moves', growth: [{ name: 'us', id: 'id-us', replicas: 6 }] })
    expect(entries(decision)).toEqual(['eu 0 from 6', 'us 12 from 6'])
  })

  test('moves by room what fits, and keeps the rest', () => {
    const { decision, verdict } = lose(aRequest({ placement: byRoom }), aFleet({ eu: 10, us: 10 }), 4)
    expect(verdict).toEqual({ kind: 'moves', growth: [{ name: 'us', id: 'id-us', replicas: 4 }] })
    expect(entries(decision)).toEqual(['eu 0 from 6', 'us 10 from 6'])
  })

  test.each<{ name: string; request: ScheduleRequest; snapshot: Snapshot; reason: string; message: RegExp }>([
    {
      name: 'does not overfill by weights',
      request: aRequest({ placement: byWeight({ eu: 1, us: 1 }) }),
      snapshot: aFleet({ eu: 20, us: 5 }),
      reason: 'NoRoom',
      message: /^us would get 6 more and has room for 5 \(pods 1\)$/,
    },
    {
      name: 'moves nothing where rules leave no other place',
      request: aRequest({
        placement: byCount([
          ['eu', 6],
          ['us', 6],
        ]),
      }),
      snapshot: aFleet({ eu: 20, us: 20 }),
      reason: 'NoRoom',
      message: /6 of 12/,
    },
    {
      name: 'moves nothing that every cluster has anyway',
      request: aRequest(),
      snapshot: aFleet({ eu: 20, us: 20 }),
      reason: 'NothingToReplace',
      message: /have it already/,
    },
    {
      name: 'never relaxes compliance',
      request: aRequest({ placement: { ...byWeight({ eu: 1, us: 1 }), compliance: { jurisdictions: ['EU'] } } }),
      snapshot: createSnapshot([
        aClusterRow({ name: 'eu', ...roomFor(20), labels: { 'jurisdiction.flotilla.dev/EU': 'true' } }),
        aClusterRow({ name: 'us', ...roomFor(20) }),
      ]),
      reason: 'NoRoom',
      message: /./,
    },
  ])('$name', ({ request, snapshot, reason, message }) => {
    expect(lose(request, snapshot).verdict).toMatchObject({
      kind: 'held',
      reason,
      message: expect.stringMatching(message),
    })
  })
})

describe('schedule() with an eviction', () => {
  test('keeps the last copies where nothing can replace them', () => {
    const { decision } = lose(aRequest({ placement: byWeight({ eu: 1 }) }), aFleet({ eu: 20, us: 20 }))
    expect(entries(decision)).toEqual(['eu 0 from 12'])
  })

  test('gives the cluster nothing more while it lasts, and its part again afterwards', () => {
    const placement = byWeight({ eu: 1, us: 1 })
    const fleet = aFleet({ eu: 50, us: 50 })
    const { decision } = lose(aRequest({ placement }), fleet)
    const ended = schedule(aRequest({ placement, previous: decision, isGrowthReady: true, evicted }), fleet, options)
    expect(replicasOf(ended)).toEqual({ us: 12 })
    const grown = aRequest({ placement, replicas: 20, previous: ended, isGrowthReady: true, evicted })
    expect(replicasOf(schedule(grown, fleet, options))).toEqual({ us: 20 })
    const back = schedule(aRequest({ placement, previous: ended, isGrowthReady: true }), fleet, options)
    expect(entries(back)).toEqual(['eu 6 from 0', 'us 6 from 12'])
  })
})
