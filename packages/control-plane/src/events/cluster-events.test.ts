import type { Cluster, ClusterHealth } from '@flotilla/api/cluster'
import { quarantineTaint } from '@flotilla/api/failover'
import { describe, expect, test } from 'vitest'
import { clusterEvents } from './cluster-events.ts'

const time = '2026-03-01T12:00:00Z'

function given(
  state: ClusterHealth['state'] | undefined,
  spec: Partial<Cluster['spec']> = {},
  failover?: string,
): Cluster {
  const [status = '', reason = ''] = failover?.split(' ') ?? []
  const conditions = [{ type: 'Failover', status, reason, message: 'm', lastTransitionTime: time }] as never
  return {
    apiVersion: '',
    kind: 'Cluster',
    metadata: { name: 'eu' },
    spec: { id: 'eu', ...spec },
    status: { ...(state && { health: { state, since: time, silentSince: time } }), ...(failover && { conditions }) },
  }
}

describe('clusterEvents()', () => {
  test.each<{ name: string; before: Cluster; after: Cluster; want: readonly string[] }>([
    { name: 'says nothing of a suspicion', before: given('Healthy'), after: given('Suspect'), want: [] },
    { name: 'nor of its end', before: given('Suspect'), after: given('Healthy'), want: [] },
    { name: 'nor of what was not known before', before: given(undefined), after: given('Healthy'), want: [] },
    { name: 'nor of what stays', before: given('Failed'), after: given('Failed'), want: [] },
    { name: 'warns of silence', before: given('Suspect'), after: given('Unreachable'), want: ['Warning Unreachable'] },
    { name: 'warns of a loss', before: given('Unreachable'), after: given('Failed'), want: ['Warning Failed'] },
    { name: 'tells of a return', before: given('Failed'), after: given('Recovering'), want: ['Normal Recovering'] },
    { name: 'tells that it is well', before: given('Recovering'), after: given('Healthy'), want: ['Normal Healthy'] },
    {
      name: 'warns of quarantine once',
      before: given('Recovering'),
      after: given('Recovering', { taints: [quarantineTaint] }),
      want: ['Warning Quarantined'],
    },
    {
      name: 'warns of moves that are held up',
      before: given('Failed'),
      after: given('Failed', {}, 'False HubMayBeCutOff'),
      want: ['Warning FailoverHubMayBeCutOff'],
    },
    {
      name: 'tells of each stage of a failover',
      before: given('Failed', {}, 'True Moving'),
      after: given('Failed', {}, 'True Moved'),
      want: ['Normal FailoverMoved'],
    },
  ])('$name', ({ before, after, want }) => {
    expect(clusterEvents(before, after).map(({ type, reason }) => `${type} ${reason}`)).toEqual(want)
    expect(clusterEvents(after, after)).toEqual([])
  })
})
