// Placements that go by an external scorer: whole decisions, with what it says given.
import type { Placement } from '@flotilla/api/placement'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aFleet, aRequest, replicasOf } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { whyNot } from '../why-not.ts'
import { clustersToScore } from './clusters-to-score.ts'
import { recordedScores, type Scores } from './scores.ts'

const options = { trigger: 'Test' }
const byScorer = (more: object = {}): Placement => ({
  replicaScheduling: { replicaSchedulingType: 'Divided' },
  objective: { external: { scorer: 'contracts', ...more } },
})

/** Costs are numbers, refusals texts. */
function saying(values: Readonly<Record<string, number | string>>): Scores {
  const of = <Value>(isOne: (value: unknown) => value is Value) =>
    new Map(Object.entries(values).filter((entry): entry is [string, Value & (number | string)] => isOne(entry[1])))
  const isNumber = (value: unknown) => typeof value === 'number'
  const isText = (value: unknown) => typeof value === 'string'
  return { scorer: 'contracts', costs: of(isNumber), refusals: of(isText) }
}

function requestOf(scores: Scores | undefined, more: Partial<ScheduleRequest> = {}): ScheduleRequest {
  return aRequest({ placement: byScorer(), replicas: 6, isGrowthReady: true, ...(scores ? { scores } : {}), ...more })
}

const fleet = aFleet({ ap: 9, eu: 4, us: 9 })
const decide = (request: ScheduleRequest) => schedule(request, fleet, options)

describe('schedule() by an external scorer', () => {
  test('fills what it says is cheapest', () => {
    expect(replicasOf(decide(requestOf(saying({ ap: 3, eu: 1, us: 2 }))))).toEqual({ eu: 4, us: 2 })
  })

  test('adds up what it says with other terms, by weight', () => {
    const scores = saying({ ap: 3, eu: 1, us: 2 })
    const weighed = requestOf(scores, { placement: byScorer({ weight: 10 }) })
    expect(decide(weighed).explanation.clusters.map(({ name, cost }) => [name, cost])).toEqual([
      ['eu', 10],
      ['us', 20],
      ['ap', 30],
    ])
  })

  test('takes what it does not know for as bad as the worst', () => {
    const { clusters, explanation } = decide(requestOf(saying({ eu: 1, us: 2 })))
    expect(clusters.map(({ name, replicas }) => [name, replicas])).toEqual([
      ['ap', 1],
      ['eu', 4],
      ['us', 1],
    ])
    expect(explanation.clusters.find(({ name }) => name === 'ap')?.costs).toEqual({ price: 0, unknown: ['external'] })
  })

  test('adds nothing where it refuses, and keeps what is there', () => {
    const first = decide(requestOf(saying({ ap: 3, eu: 1, us: 2 })))
    const scores = saying({ ap: 3, eu: 'no licence', us: 2 })
    const grown = decide(requestOf(scores, { replicas: 8, previous: first }))
    expect(replicasOf(grown)).toEqual({ eu: 4, us: 4 })
    expect(grown.explanation.clusters[0]).toMatchObject({
      name: 'eu',
      verdict: 'Capped',
      reasons: [{ filter: 'Scorer', message: 'no licence' }],
    })
  })

  test('decides without it where the policy ignores that it fails', () => {
    const decision = decide(requestOf({ ...saying({}), failure: 'Scorer contracts: late' }))
    expect(replicasOf(decision)).toEqual({ ap: 2, eu: 2, us: 2 })
    expect(decision.explanation.scorer).toEqual({ name: 'contracts', failure: 'Scorer contracts: late' })
  })

  test('decides nothing where the policy does not, and keeps what is there, Duplicated as well', () => {
    const failing = { ...saying({}), failure: 'Scorer contracts: late' }
    const placement = byScorer({ failurePolicy: 'Fail' })
    const first = decide(requestOf(saying({ ap: 3, eu: 1, us: 2 }), { placement }))
    const next = decide(requestOf(failing, { placement, replicas: 9, previous: first }))
    expect(replicasOf(next)).toEqual({ eu: 4, us: 2 })
    expect(next.shortfall).toEqual({
      reason: 'ScorerFailed',
      message: 'nothing is decided without an answer: Scorer contracts: late',
      missingReplicas: 3,
    })
    expect(decide(requestOf(failing, { placement, replicas: 9, previous: next }))).toBe(next)
    const copies = {
      ...placement,
      replicaScheduling: {},
      spreadConstraints: [{ spreadByField: 'cluster', maxGroups: 1 }],
    }
    const none = decide(requestOf(failing, { placement: copies as Placement }))
    expect(none).toMatchObject({ clusters: [], shortfall: { reason: 'ScorerFailed' } })
  })

  test('says in why-not that it was not asked', () => {
    const previous = decide(requestOf(saying({ ap: 3, eu: 1, us: 2 })))
    const scores = recordedScores(byScorer(), previous)
    const { reasons } = whyNot(requestOf(scores, { previous }), fleet, 'id-ap')
    expect(reasons.at(-1)?.message).toBe(
      'a replica there costs 3 USD an hour, 1 more than on us; scorer contracts was not asked, what it said for the last decision counts',
    )
  })
})

describe('recordedScores()', () => {
  test('is what the explanation tells', () => {
    const scores = saying({ ap: 3, eu: 'no licence', us: 2 })
    expect(recordedScores(byScorer(), decide(requestOf(scores)))).toEqual(scores)
  })

  test('is nothing of another scorer', () => {
    const decision = decide(requestOf(saying({ ap: 3, eu: 1, us: 2 })))
    expect(recordedScores(byScorer({ scorer: 'other' }), decision)).toBeUndefined()
  })
})

describe('clustersToScore()', () => {
  test('are those that may be used, whatever was said of them before', () => {
    const placement = { ...byScorer(), clusterAffinity: { clusterNames: ['eu', 'us'] } }
    const request = requestOf(saying({ eu: 'no licence' }), { placement })
    expect(clustersToScore(request, fleet).map(({ name }) => name)).toEqual(['eu', 'us'])
  })
})

const anyValue = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('no'))
const anySaying = fc.record({ ap: anyValue, eu: anyValue, us: anyValue }).map(saying)

describe('properties of schedule() by an external scorer', () => {
  test('what it says by then moves nothing, and takes nothing away', () => {
    fc.assert(
      fc.property(anySaying, anySaying, fc.integer({ min: 1, max: 22 }), fc.nat(5), (before, after, replicas, more) => {
        const first = decide(requestOf(before, { replicas }))
        const placed = first.clusters.reduce((sum, each) => sum + (each.replicas ?? 0), 0)
        fc.pre(placed > 0)
        expect(decide(requestOf(after, { replicas: placed, previous: first })).clusters).toEqual(first.clusters)
        const grown = replicasOf(decide(requestOf(after, { replicas: placed + more, previous: first })))
        for (const { name, replicas: count = 0 } of first.clusters) expect(grown[name]).toBeGreaterThanOrEqual(count)
      }),
      { numRuns: 1000 },
    )
  })

  test('nothing is added where it refuses', () => {
    fc.assert(
      fc.property(anySaying, fc.integer({ min: 1, max: 30 }), (scores, replicas) => {
        const { clusters } = decide(requestOf(scores, { replicas }))
        for (const { name, replicas: count } of clusters) if (scores.refusals.has(name)) expect(count ?? 0).toBe(0)
      }),
      { numRuns: 1000 },
    )
  })
})
