import type { Cluster } from '@flotilla/api/cluster'
import { describe, expect, it } from 'vitest'
import { clustersTable } from '../clusters/run-clusters.ts'
import { summarize } from './run-status.ts'

const hub = { server: 'https://hub', version: 'v1.36.3' }
const clusters = (['True', 'False'] as const).map((status): Cluster => {
  const ready = { type: 'Ready', status, reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: `c-${status.toLowerCase()}` },
    spec: { id: status },
    status: { conditions: [ready], nodes: { ready: 3, total: 3 }, latencyMilliseconds: 7 },
  }
})

describe('summarize()', () => {
  it('counts no node of a cluster that is not ready as ready', () => {
    expect(summarize(hub, clusters, []).nodes).toEqual({ total: 6, ready: 3 })
  })
})

describe('summarize() of a lost cluster', () => {
  it('says how far its workloads are replaced', () => {
    const message = '3 workloads have been moved; 1 stay: 1 NoRoom. Next: flotilla failover c-false --dry-run'
    const failover = { type: 'Failover', status: 'True' as const, reason: 'SomeStay', message }
    const lost = clusters.slice(1).map((cluster): Cluster => {
      const conditions = [
        ...(cluster.status?.conditions ?? []),
        { ...failover, lastTransitionTime: '2026-01-01T00:00:00Z' },
      ]
      return { ...cluster, status: { ...cluster.status, conditions } }
    })
    expect(summarize(hub, lost, []).troubles).toEqual([
      {
        thing: 'cluster/c-false',
        why: 'R: . Failover: 3 workloads have been moved; 1 stay: 1 NoRoom',
        next: 'flotilla doctor cluster c-false',
      },
    ])
  })
})

describe('summarize() of a cluster that is ready still', () => {
  it.each([
    { reason: 'Answered', want: [] },
    { reason: 'Slow', want: ['Slow: it takes long'] },
    { reason: 'NoAnswer', want: ['NoAnswer: it takes long'] },
  ])('names what is wrong with the way to it: $reason', ({ reason, want }) => {
    const reachable = { type: 'Reachable', status: 'True' as const, reason, message: 'it takes long. Next: look at it' }
    const ready = clusters.slice(0, 1).map((cluster): Cluster => {
      const conditions = [
        ...(cluster.status?.conditions ?? []),
        { ...reachable, lastTransitionTime: '2026-01-01T00:00:00Z' },
      ]
      return { ...cluster, status: { ...cluster.status, conditions } }
    })
    expect(summarize(hub, ready, []).troubles.map(({ why }) => why)).toEqual(want)
  })
})

describe('clustersTable()', () => {
  it('shows neither ready nodes nor a latency of a cluster that is not ready', () => {
    const text = clustersTable(clusters, new Map(), { now: 0, isWide: false, paint: (_, word) => word })
    expect(text).toMatch(/^c-true .* 3\/3 +7ms /m)
    expect(text).toMatch(/^c-false .* 0\/3 +- /m)
  })
})
