import type { Condition } from '@flotilla/api/condition'
import type { BindingSpec } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { bindingEvents } from './binding-events.ts'

const time = '2026-03-01T12:00:00Z'
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' }
const eviction = {
  cluster: 'eu',
  id: 'eu',
  reason: 'ClusterFailed',
  message: 'lost',
  since: time,
  graceSeconds: 600,
} as const

function given(
  replicas: Readonly<Record<string, number>> | undefined,
  more: Partial<BindingSpec> = {},
  conditions: readonly Partial<Condition>[] = [],
): Binding {
  const explanation = { trigger: 'InputChanged', inputHash: '', feasible: 1, rejected: {}, clusters: [] }
  const clusters = Object.entries(replicas ?? {}).map(([name, count]) => ({ name, id: name, replicas: count }))
  const decision = { forHash: '', clusters, explanation }
  return {
    apiVersion: '',
    kind: 'ResourceBinding',
    metadata: { name: 'b' },
    spec: { workloads: [{ ref, components: [] }], ...(replicas && { decision }), ...more },
    status: { conditions: conditions as readonly Condition[] },
  }
}

const noRoom: Partial<Condition> = { type: 'Scheduled', status: 'False', reason: 'NoRoom', message: 'full' }
const evicted = { evictions: [eviction] }

describe('bindingEvents()', () => {
  test.each<{ name: string; before: Binding | undefined; after: Binding; want: readonly string[] }>([
    {
      name: 'tells where a new workload is placed',
      before: undefined,
      after: given({ us: 2, eu: 3 }),
      want: ['Normal Placed: on eu 3, us 2'],
    },
    {
      name: 'tells that it grows',
      before: given({ eu: 3 }),
      after: given({ eu: 4 }),
      want: ['Normal Placed: on eu 4'],
    },
    {
      name: 'tells that nothing is left',
      before: given({ eu: 3 }),
      after: given({}),
      want: ['Normal Placed: on no cluster'],
    },
    { name: 'tells nothing of what is not decided', before: undefined, after: given(undefined), want: [] },
    { name: 'nor of the end of a move', before: given({ eu: 0, us: 3 }), after: given({ us: 3 }), want: [] },
    {
      name: 'tells of a move',
      before: given({ eu: 3, us: 1 }),
      after: given({ eu: 1, us: 3 }),
      want: ['Normal Moved: eu 2 to us 2'],
    },
    {
      name: 'warns of failover, and says why',
      before: given({ eu: 3 }),
      after: given({ eu: 0, us: 3 }, evicted),
      want: ['Warning FailedOver: eu 3 to us 3: lost'],
    },
    {
      name: 'tells of a return',
      before: given({ us: 3 }, evicted),
      after: given({ eu: 3, us: 0 }),
      want: ['Normal Returned: us 3 to eu 3: eu may have it back'],
    },
    {
      name: 'warns of what cannot be scheduled or applied',
      before: given({ eu: 3 }),
      after: given({ eu: 3 }, {}, [noRoom, { type: 'Applied', status: 'False', reason: 'Failed', message: 'eu: no' }]),
      want: ['Warning NotScheduled: NoRoom: full', 'Warning NotApplied: Failed: eu: no'],
    },
    {
      name: 'warns of whatever else is wrong, by its name',
      before: given({ eu: 3 }),
      after: given({ eu: 3 }, {}, [{ type: 'RemovalHeld', status: 'True', reason: 'Many', message: 'approve it' }]),
      want: ['Warning RemovalHeld: approve it'],
    },
    {
      name: 'warns once',
      before: given({ eu: 3 }, {}, [noRoom]),
      after: given({ eu: 3 }, {}, [noRoom]),
      want: [],
    },
    {
      name: 'and not of what is under way or well',
      before: given({ eu: 3 }),
      after: given({ eu: 3 }, {}, [
        { type: 'Applied', status: 'False', reason: 'Pending' },
        { type: 'Scheduled', status: 'True' },
        { type: 'Ready', status: 'True' },
        { type: 'Healthy', status: 'True' },
      ]),
      want: [],
    },
  ])('$name', ({ before, after, want }) => {
    const told = bindingEvents(before, after, time)
    expect(told.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual(want)
  })
})
