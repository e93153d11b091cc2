import type { Cluster } from '@flotilla/api/cluster'
import type { Placement } from '@flotilla/api/placement'
import type { DecidedCluster, Verdict } from '@flotilla/api/resource-binding'
import { toClusterRow } from '@flotilla/scheduler/snapshot'
import { describe, expect, it } from 'vitest'
import type { Explained } from './explain-every.ts'
import { prepareWhy, unknownClusters, unknownText } from './why.ts'

function aRow(name: string) {
  const cluster = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: { id: `id-${name}` },
  }
  return toClusterRow(cluster as Cluster)
}

const names = ['eu', 'us', 'ap'] as const
const verdicts: readonly Verdict[] = [
  { name: 'eu', verdict: 'Chosen' },
  { name: 'us', verdict: 'Chosen' },
  { name: 'ap', verdict: 'Rejected' },
]

function explained(placement: Placement | undefined): Explained {
  return { verdicts, placement, clusters: new Map(names.map((name) => [name, aRow(name)])) }
}

const divided = (more: object): Placement => ({ replicaScheduling: { replicaSchedulingType: 'Divided', ...more } })
const target = (...clusterNames: readonly string[]) => ({ targetCluster: { clusterNames } })
const weights = [
  { ...target('eu'), weight: 3 },
  { ...target('us', 'mars'), weight: 2 },
  { ...target('ap'), weight: 1 },
]
const eu: DecidedCluster = { name: 'eu', id: 'id-eu', replicas: 7 }

describe('prepareWhy()', () => {
  const byWeight = divided({ weightPreference: { staticWeightList: weights } })
  it.each([
    { name: 'weights of those that may have it', placement: byWeight, want: 'weight 3 of 5: 7 of 12' },
    { name: 'equal weights', placement: divided({}), want: 'weight 1 of 2: 7 of 12' },
    {
      name: 'counts',
      placement: divided({ replicaDivisionPreference: 'Counts', counts: [{ ...target('eu'), replicas: 7 }] }),
      want: 'counts gives it 7 of 12',
    },
    { name: 'no division', placement: {}, want: 'every cluster that may have it has all 12' },
    { name: 'no policy', placement: undefined, want: 'its policy has gone; what was placed stays' },
  ])('says it for $name', ({ placement, want }) => {
    expect(prepareWhy(explained(placement), 12)({ name: 'eu', verdict: 'Chosen' }, eu)).toBe(want)
  })

  it('says it for an object without replicas', () => {
    const why = prepareWhy(explained({}), undefined)
    expect(why({ name: 'eu', verdict: 'Chosen' }, { name: 'eu', id: 'id-eu' })).toBe(
      'every cluster that may have it has it whole',
    )
  })

  it('says why a cluster that could take it has none', () => {
    const list = [{ ...target('eu'), weight: 3 }]
    const placement = divided({ weightPreference: { staticWeightList: list } })
    expect(prepareWhy(explained(placement), 12)({ name: 'us', verdict: 'Feasible' }, undefined)).toBe(
      'weight 0 of 3: 0 of 12',
    )
  })

  it.each([
    { from: 2, replicas: 6, want: 'it grows; what shrinks elsewhere waits until it is ready' },
    { from: 6, replicas: 2, want: 'it keeps 6 until growth elsewhere is ready' },
    { from: 6, replicas: 0, want: 'it leaves once growth elsewhere is ready' },
  ])('tells of a move from $from to $replicas', ({ from, replicas, want }) => {
    const why = prepareWhy(explained(byWeight), 12)
    expect(why({ name: 'eu', verdict: 'Chosen' }, { ...eu, from, replicas })).toBe(want)
  })

  it('leaves it to the reasons of a cluster that is rejected', () => {
    expect(prepareWhy(explained(byWeight), 12)({ name: 'ap', verdict: 'Rejected' }, undefined)).toBe('')
  })
})

describe('unknownClusters()', () => {
  it('finds each cluster that the policy names and nobody registered, once, and where', () => {
    const placement: Placement = {
      clusterAffinity: { clusterNames: ['eu', 'pluto', 'mars'] },
      ...divided({ weightPreference: { staticWeightList: weights } }),
    }
    const unknown = unknownClusters(explained(placement))
    expect(unknown.map(({ name }) => name).sort()).toEqual(['mars', 'pluto'])
    expect(unknownText(unknown)).toBe(
      'Not registered: pluto, mars, named in spec.placement.clusterAffinity.clusterNames of the policy. Next: flotilla clusters, then flotilla join pluto, or correct the policy',
    )
  })

  it('finds none where all are registered, or the policy has gone', () => {
    expect(unknownClusters(explained({ clusterAffinity: { clusterNames: ['eu'] } }))).toEqual([])
    expect(unknownText(unknownClusters(explained(undefined)))).toBe('')
  })
})
