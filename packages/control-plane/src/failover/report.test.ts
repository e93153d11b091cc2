import { describe, expect, test } from 'vitest'
import { failoverCondition, type Progress } from './report.ts'

const move = { kind: 'move', perSecond: 10 } as const
const nothing: Progress = { cluster: 'eu', verdict: undefined, moved: 0, moving: 0, waiting: 0, held: [] }
const held = (workload: string, reason: string) => ({ workload, reason, message: `why ${workload}` })

describe('failoverCondition()', () => {
  test.each<{ name: string; given: Partial<Progress>; want: string | undefined }>([
    { name: 'says nothing of a cluster that is well', given: {}, want: undefined },
    {
      name: 'says why nothing moves',
      given: { verdict: { kind: 'hold', reason: 'Frozen', message: 'Nothing moves' } },
      want: 'False Frozen: Nothing moves',
    },
    {
      name: 'counts what goes on',
      given: { verdict: move, moved: 1, moving: 2, waiting: 3 },
      want: 'True Moving: 1 workload has been moved; 2 are moving; 3 wait for their turn. Next: flotilla failover eu --dry-run',
    },
    {
      name: 'names what stays, by reason',
      given: {
        verdict: move,
        moved: 2,
        held: [held('a/b', 'NoRoom'), held('a/c', 'NoRoom'), held('a/d', 'Singleton')],
      },
      want: 'True SomeStay: 2 workloads have been moved; 3 stay: 2 NoRoom (e.g. a/b: why a/b), 1 Singleton (e.g. a/d: why a/d). Next: flotilla failover eu --dry-run',
    },
    {
      name: 'says so until all have come back',
      given: { moved: 2 },
      want: 'True Moved: 2 workloads have been moved. They come back by themselves',
    },
  ])('$name', ({ given, want }) => {
    const condition = failoverCondition({ ...nothing, ...given })
    expect(condition && `${condition.status} ${condition.reason}: ${condition.message}`).toBe(want)
  })
})
