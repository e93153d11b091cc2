import type { Cluster, ClusterHealth } from '@flotilla/api/cluster'
import { timestamp } from '@flotilla/runtime/timestamp'
import { describe, expect, test } from 'vitest'
import { needsQuarantine, withQuarantine } from './quarantine.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

function aCluster(
  state: ClusterHealth['state'],
  minutesAgo: readonly number[],
  taints?: Cluster['spec']['taints'],
): Cluster {
  const losses = minutesAgo.map((minutes) => timestamp(now - minutes * 60_000))
  const spec = { id: 'id', ...(taints ? { taints } : {}) }
  return {
    apiVersion: '',
    kind: 'Cluster',
    metadata: { name: 'eu' },
    spec,
    status: { health: { state, since: timestamp(now), losses } },
  }
}

describe('needsQuarantine()', () => {
  const well = aCluster('Healthy', [])
  test.each<{ name: string; given: Cluster; others?: readonly Cluster[]; want: boolean }>([
    {
      name: 'not when half of the fleet was lost with it once: that was the hub',
      given: aCluster('Recovering', [59, 30, 1]),
      others: [aCluster('Healthy', [30]), well, well],
      want: false,
    },
    {
      name: 'when fewer were',
      given: aCluster('Recovering', [59, 30, 1]),
      others: [aCluster('Healthy', [30]), well, well, well],
      want: true,
    },
    { name: 'not of the only cluster', given: aCluster('Recovering', [59, 30, 1]), others: [], want: false },
    { name: 'after three losses in an hour', given: aCluster('Recovering', [59, 30, 1]), want: true },
    { name: 'not after two', given: aCluster('Recovering', [30, 1]), want: false },
    { name: 'not after three in more than an hour', given: aCluster('Recovering', [61, 30, 1]), want: false },
    { name: 'not before it comes back', given: aCluster('Unreachable', [59, 30, 1]), want: false },
    { name: 'not again once a person has taken it off', given: aCluster('Healthy', [59, 30, 1]), want: false },
    { name: 'not twice', given: aCluster('Recovering', [59, 30, 1], withQuarantine([], timestamp(now))), want: false },
  ])('$name', ({ given, others = [well], want }) => {
    expect(needsQuarantine(given, [given, ...others], now)).toBe(want)
  })
})
