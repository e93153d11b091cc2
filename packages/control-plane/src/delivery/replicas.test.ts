import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { valueAt } from '@flotilla/machinery/untyped'
import { describe, expect, test } from 'vitest'
import { noRules } from '../interpreter/rule-book.ts'
import { isDivided, shareOf, withoutReplicas, withScalerShare, withShare } from './replicas.ts'

const decisionOf = (...replicas: number[]): Decision => ({
  forHash: 'h',
  clusters: replicas.map((count, i) => ({ name: `c${i}`, id: `id-${i}`, replicas: count })),
  explanation: { trigger: 't', inputHash: 'i', feasible: 1, rejected: {}, clusters: [] },
})

describe('shareOf()', () => {
  test.each([
    { name: 'what the cluster is to have', entry: { replicas: 3 }, want: { replicas: 3 } },
    { name: 'what it had while it shrinks', entry: { replicas: 1, from: 3 }, want: { replicas: 3 } },
    { name: 'what it is to have while it grows', entry: { replicas: 3, from: 1 }, want: { replicas: 3 } },
    { name: 'what a dropped cluster had', entry: { replicas: 0, from: 2 }, want: { replicas: 2 } },
    {
      name: 'the larger of both completions of a Job',
      entry: { replicas: 1, from: 2, completions: 2, fromCompletions: 5 },
      want: { replicas: 2, completions: 5 },
    },
    { name: 'nothing for what goes whole', entry: {}, want: undefined },
  ])('is $name', ({ entry, want }) => {
    expect(shareOf({ name: 'c', id: 'i', ...entry })).toEqual(want)
  })
})

describe('withShare()', () => {
  const object = (apiVersion: string, kind: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name: 'x' },
    spec,
  })
  test.each([
    { kind: 'Deployment', apiVersion: 'apps/v1', want: { replicas: 2 } },
    { kind: 'StatefulSet', apiVersion: 'apps/v1', want: { replicas: 2 } },
    { kind: 'Job', apiVersion: 'batch/v1', want: { parallelism: 2, completions: 5 } },
    { kind: 'DaemonSet', apiVersion: 'apps/v1', want: {} },
  ])('divides a $kind', ({ kind, apiVersion, want }) => {
    expect(withShare(object(apiVersion, kind, {}), { replicas: 2, completions: 5 }, noRules)['spec']).toEqual(want)
  })

  test('withoutReplicas() leaves them unsaid', () => {
    expect(withoutReplicas(object('apps/v1', 'Deployment', { replicas: 2, paused: true }))['spec']).toEqual({
      paused: true,
    })
  })
})

describe('withScalerShare()', () => {
  const scaler = (minReplicas: number, maxReplicas: number) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'x' },
    spec: { minReplicas, maxReplicas },
  })
  const shares = (min: number, max: number, decision: Decision) =>
    decision.clusters.map(({ id }) => withScalerShare(scaler(min, max), decision, id)['spec'])

  test('divides the bounds as the replicas are', () => {
    expect(shares(6, 12, decisionOf(3, 2, 1))).toEqual([
      { minReplicas: 3, maxReplicas: 6 },
      { minReplicas: 2, maxReplicas: 4 },
      { minReplicas: 1, maxReplicas: 2 },
    ])
  })

  test('gives every cluster at least one, and never a maximum below its minimum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }),
        fc.nat(20),
        fc.nat(100),
        (replicas, min, more) => {
          for (const spec of shares(min, min + more, decisionOf(...replicas))) {
            const [low, high] = [valueAt(spec, 'minReplicas'), valueAt(spec, 'maxReplicas')] as [number, number]
            expect(low).toBeGreaterThanOrEqual(1)
            expect(high).toBeGreaterThanOrEqual(low)
          }
        },
      ),
    )
  })
})

describe('isDivided()', () => {
  test.each([
    { name: 'parts of the whole', decision: decisionOf(3, 1), total: 4, want: true },
    { name: 'not copies', decision: decisionOf(4, 4), total: 4, want: false },
    { name: 'not a single cluster', decision: decisionOf(4), total: 4, want: false },
  ])('tells $name', ({ decision, total, want }) => expect(isDivided(decision, total)).toBe(want))
})
