import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { predecessorIn } from './predecessor.ts'

interface Some {
  readonly name: string
  readonly created?: string
  readonly deleted?: string
  readonly version?: string
  readonly isDecided?: boolean
  readonly isGroup?: boolean
  /** UID of the template. Default: of a deleted one. */
  readonly uid?: string
}

function aBinding({
  name,
  created = '10',
  deleted,
  version = '1',
  isDecided = true,
  isGroup = false,
  uid = name,
}: Some) {
  const at = (second: string) => `2026-01-01T00:00:${second}Z`
  return {
    metadata: {
      name,
      resourceVersion: version,
      creationTimestamp: at(created),
      ...(deleted === undefined ? {} : { deletionTimestamp: at(deleted) }),
    },
    spec: {
      workloads: [{ ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid } }],
      ...(isDecided ? { decision: { forHash: name, clusters: [] } } : {}),
      ...(isGroup ? { schedulingUnit: 'Together' } : {}),
    },
  } as unknown as Binding
}

const living = aBinding({ name: 'living', created: '50', isDecided: false })

describe('predecessorIn()', () => {
  test.each<{ readonly what: string; readonly others: readonly Some[]; readonly want: string | undefined }>([
    { what: 'nothing, where there is no other', others: [], want: undefined },
    {
      what: 'the one that was made last',
      others: [
        { name: 'old', created: '10', deleted: '40' },
        { name: 'new', created: '20', deleted: '30' },
        { name: 'older', created: '05' },
      ],
      want: 'new',
    },
    {
      what: 'of one second, the one that was deleted last, or not yet',
      others: [{ name: 'first', deleted: '11' }, { name: 'last' }, { name: 'second', deleted: '12' }],
      want: 'last',
    },
    {
      what: 'of equal times, the one that was written last',
      others: [
        { name: 'first', deleted: '11', version: '9' },
        { name: 'last', deleted: '11', version: '10' },
      ],
      want: 'last',
    },
    {
      what: 'the last that was decided',
      others: [{ name: 'decided' }, { name: 'not', created: '30', isDecided: false }],
      want: 'decided',
    },
    {
      what: 'nothing of a group, or of the same template',
      others: [
        { name: 'group', isGroup: true },
        { name: 'same', uid: 'living' },
      ],
      want: undefined,
    },
  ])('gives $what', ({ others, want }) => {
    const all = [...others.map(aBinding), living]
    for (const bindings of [all, all.toReversed()]) {
      expect(predecessorIn({ bindingsOf: () => bindings }, living)?.metadata.name).toBe(want)
    }
  })
})
