import { expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'
import type { Placement } from '../placement.ts'

const divided = { replicaSchedulingType: 'Divided' } as const
const byPrice = { replicaScheduling: divided, objective: { price: 1 } }

/** What is refused, as `field: message`. */
function refusals(placement: Placement): readonly string[] {
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], placement }
  const metadata = { namespace: 'shop', name: 'web' }
  const policy = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'PropagationPolicy', metadata, spec }
  return (admissionRules.get('PropagationPolicy')?.check(policy) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

test.each<{ readonly name: string; readonly placement: Placement }>([
  { name: 'Weighted', placement: byPrice },
  {
    name: 'dynamic weights',
    placement: {
      ...byPrice,
      replicaScheduling: { ...divided, weightPreference: { dynamicWeight: 'AvailableReplicas' } },
    },
  },
  {
    name: 'Aggregated',
    placement: { ...byPrice, replicaScheduling: { ...divided, replicaDivisionPreference: 'Aggregated' } },
  },
  { name: 'tiers', placement: { ...byPrice, clusterAffinities: [{ affinityName: 'home', clusterNames: ['a'] }] } },
  {
    name: 'Aggregated over domains',
    placement: {
      ...byPrice,
      replicaScheduling: { ...divided, replicaDivisionPreference: 'Aggregated' },
      spreadConstraints: [{ spreadByField: 'region', maxGroups: 2 }],
    },
  },
  {
    name: 'Duplicated on some of the clusters',
    placement: { objective: { price: 1 }, spreadConstraints: [{ spreadByField: 'cluster', maxGroups: 2 }] },
  },
  { name: 'an external scorer', placement: { ...byPrice, objective: { external: { scorer: 'contracts' } } } },
  { name: 'locality', placement: { ...byPrice, objective: { price: 1, locality: 0.02 } } },
  {
    name: 'tiers over domains',
    placement: {
      ...byPrice,
      clusterAffinities: [{ affinityName: 'home', clusterNames: ['a'] }],
      spreadConstraints: [{ spreadByField: 'region', minGroups: 2, maxGroups: 3, maxSharePercent: 60 }],
    },
  },
  { name: 'all terms', placement: { ...byPrice, objective: { price: 1, latency: 0.001, carbon: 0.1, load: 0.02 } } },
  {
    name: 'shares of domains',
    placement: { ...byPrice, spreadConstraints: [{ spreadByField: 'region', maxSharePercent: 50 }] },
  },
])('an objective goes with $name', ({ placement }) => {
  expect(refusals(placement)).toEqual([])
})

test.each<{ readonly name: string; readonly placement: Placement; readonly want: RegExp }>([
  {
    name: 'no weights',
    placement: { ...byPrice, objective: {} },
    want: /^spec\.placement\.objective: .*weighs nothing/,
  },
  { name: 'weights of 0', placement: { ...byPrice, objective: { price: 0, load: 0 } }, want: /weighs nothing/ },
  {
    name: 'a negative weight',
    placement: { ...byPrice, objective: { price: -1 } },
    want: /^spec\.placement\.objective\.price: /,
  },
  {
    name: 'an absurd weight',
    placement: { ...byPrice, objective: { price: 1e9 } },
    want: /objective\.price: .*1000000/,
  },
  {
    name: 'NaN',
    placement: { ...byPrice, objective: { price: Number.NaN } },
    want: /objective\.price: .*must be a number/,
  },
  {
    name: 'a scorer that can have no such name',
    placement: { ...byPrice, objective: { external: { scorer: 'https://x/' } } },
    want: /^spec\.placement\.objective\.external\.scorer: /,
  },
  {
    name: 'a weight of a scorer that is no number',
    placement: { ...byPrice, objective: { external: { scorer: 'x', weight: Number.NaN } } },
    want: /objective\.external\.weight: .*must be a number/,
  },
  { name: 'locality alone', placement: { ...byPrice, objective: { locality: 1 } }, want: /weighs nothing/ },
  {
    name: 'a locality that is no number',
    placement: { ...byPrice, objective: { price: 1, locality: Number.NaN } },
    want: /objective\.locality: .*must be a number/,
  },
  {
    name: 'locality and load',
    placement: { ...byPrice, objective: { price: 1, load: 1, locality: 1 } },
    want: /objective\.locality: .*not together with objective\.load/,
  },
  {
    name: 'locality and tiers',
    placement: {
      ...byPrice,
      clusterAffinities: ['a', 'b'].map((name) => ({ affinityName: name, clusterNames: [name] })),
      objective: { price: 1, locality: 1 },
    },
    want: /objective\.locality: .*not together with clusterAffinities/,
  },
  {
    name: 'Duplicated',
    placement: { objective: { price: 1 } },
    want: /objective: .*Duplicated only where spreadConstraints have maxGroups/,
  },
  {
    name: 'Duplicated on all clusters of domains',
    placement: { objective: { price: 1 }, spreadConstraints: [{ spreadByField: 'region', minGroups: 2 }] },
    want: /objective: .*Duplicated only where spreadConstraints have maxGroups/,
  },
  {
    name: 'Counts',
    placement: {
      objective: { price: 1 },
      replicaScheduling: {
        ...divided,
        replicaDivisionPreference: 'Counts',
        counts: [{ targetCluster: {}, replicas: 1 }],
      },
    },
    want: /objective: .*contradicts replicaDivisionPreference Counts/,
  },
  {
    name: 'static weights',
    placement: {
      objective: { price: 1 },
      replicaScheduling: { ...divided, weightPreference: { staticWeightList: [{ targetCluster: {}, weight: 1 }] } },
    },
    want: /objective: .*not together with replicaScheduling\.weightPreference\.staticWeightList/,
  },
])('an objective is refused with $name', ({ placement, want }) => {
  expect(refusals(placement)[0]).toMatch(want)
})
