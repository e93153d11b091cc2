import type { ClusterHealth } from '@flotilla/api/cluster'
import { timestamp } from '@flotilla/runtime/timestamp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeFleet, type Member, rateOf } from './guard.ts'
import { refill } from './pace.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

function health(state: ClusterHealth['state'], silentFor?: number): ClusterHealth {
  const silent = silentFor === undefined ? {} : { silentSince: timestamp(now - silentFor * 1_000) }
  return { state, since: timestamp(now), ...silent }
}

const well = health('Healthy')
const failed = (silentFor = 35) => health('Failed', silentFor)

function members(all: readonly ClusterHealth[], place: (index: number) => Partial<Member> = () => ({})): Member[] {
  return all.map((each, index) => ({
    name: `c${index}`,
    provider: '',
    region: '',
    health: each,
    isOrdered: false,
    isSuspended: false,
    ...place(index),
  }))
}

const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item)

function verdictOn(fleet: readonly Member[], isFrozen = false): string {
  const verdict = judgeFleet(fleet, isFrozen).get('c0')
  if (verdict === undefined) return 'nothing'
  return verdict.kind === 'move' ? `${verdict.perSecond} a second` : verdict.reason
}

describe('judgeFleet()', () => {
  test.each<{ name: string; given: readonly Member[]; isFrozen?: boolean; want: string }>([
    { name: 'moves nothing away from what is well', given: members(times(3, well)), want: 'nothing' },
    {
      name: 'nor from what is only Unreachable',
      given: members([health('Unreachable', 20), well, well]),
      want: 'nothing',
    },
    { name: 'moves ten a second', given: members([failed(), well, well]), want: '10 a second' },
    { name: 'also when two of three are lost', given: members([failed(), failed(), well]), want: '10 a second' },
    {
      name: 'doubts that half of the fleet, and three, are lost at once',
      given: members([...times(3, failed()), ...times(3, well)]),
      want: 'HubMayBeCutOff',
    },
    {
      name: 'doubts it also while the others are only suspected',
      given: members([failed(), ...times(2, health('Suspect', 20)), well]),
      want: 'HubMayBeCutOff',
    },
    {
      name: 'does not when they were lost one by one',
      given: members([failed(400), failed(300), failed(200), well, well, well]),
      want: '1 a second',
    },
    {
      name: 'does not when less than half are',
      given: members([...times(4, failed()), ...times(5, well)]),
      want: '1 a second',
    },
    {
      name: 'doubts that a whole region of three is lost at once',
      given: members([...times(3, failed()), ...times(9, well)], (index) => ({ region: index < 3 ? 'eu' : 'us' })),
      want: 'HubMayBeCutOff',
    },
    {
      name: 'doubts that a whole provider of three is lost at once',
      given: members([...times(3, failed()), ...times(9, well)], (index) => ({ provider: index < 3 ? 'a' : 'b' })),
      want: 'HubMayBeCutOff',
    },
    {
      name: 'does not when one of the region answers',
      given: members([...times(3, failed()), ...times(9, well)], (index) => ({ region: index < 4 ? 'eu' : 'us' })),
      want: '1 a second',
    },
    {
      name: 'does not of clusters of which nobody says where they are',
      given: members([...times(3, failed()), ...times(9, well)]),
      want: '1 a second',
    },
    {
      name: 'moves by order whatever it doubts',
      given: members(times(4, failed()), (index) => ({ isOrdered: index === 0 })),
      want: '1 a second',
    },
    {
      name: 'moves by order away from what is well',
      given: members(times(3, well), (index) => ({ isOrdered: index === 0 })),
      want: '10 a second',
    },
    {
      name: 'leaves what is suspended',
      given: members([failed(), well, well], () => ({ isSuspended: true })),
      want: 'Suspended',
    },
    {
      name: 'moves nothing while moves are frozen, by order neither',
      given: members([failed(), well, well], () => ({ isOrdered: true })),
      isFrozen: true,
      want: 'Frozen',
    },
  ])('$name', ({ given, isFrozen, want }) => {
    expect(verdictOn(given, isFrozen)).toBe(want)
  })

  test('names what it doubts and the way out', () => {
    expect(judgeFleet(members(times(4, failed())), false).get('c0')).toMatchObject({
      message:
        'Nothing moves away from c0: 4 of 4 clusters fell silent within a minute, so the hub may be cut off. Next: if they are really lost, flotilla failover c0',
    })
  })

  test('moves nothing by itself when half of the clusters, and three, were lost within a minute, whichever they are', () => {
    const fleets = fc.integer({ min: 3, max: 20 }).chain((count) => {
      const lost = fc.integer({ min: Math.max(3, Math.ceil(count / 2)), max: count })
      return fc.tuple(fc.constant(count), lost, fc.infiniteStream(fc.integer({ min: 30, max: 90 })))
    })
    fc.assert(
      fc.property(fleets, ([count, lost, silences]) => {
        const all = Array.from({ length: count }, (_, index) =>
          index < lost ? failed(silences.next().value as number) : well,
        )
        for (const verdict of judgeFleet(members(all), false).values()) expect(verdict.kind).toBe('hold')
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('rateOf()', () => {
  test.each([
    [1, 2, 10],
    [2, 2, 10],
    [3, 9, 1],
    [3, 10, 10],
    [20, 30, 1],
  ])('of %i lost and %i that are well is %i', (lost, others, want) => {
    expect(rateOf(members([...times(lost, failed()), ...times(others, well)]))).toBe(want)
  })
})

describe('refill()', () => {
  test('never lets more begin in any time than the rate and one burst of it', () => {
    const looks = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(fc.constantFrom(1, 10), looks, (perSecond, waits) => {
        let [pace, at, begun] = [refill(undefined, perSecond, 0), 0, 0]
        for (const wait of waits) {
          at += wait
          pace = refill(pace, perSecond, at)
          const now = Math.floor(pace.left)
          pace = { ...pace, left: pace.left - now }
          begun += now
        }
        expect(begun).toBeLessThanOrEqual(perSecond + (at * perSecond) / 1_000)
      }),
      { numRuns: 1_000 },
    )
  })
})
