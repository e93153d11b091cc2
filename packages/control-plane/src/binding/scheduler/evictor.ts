// Evictions as the scheduler carries them out: foreseen first, then written with the decision that follows.
import type { Decision, Eviction } from '@flotilla/api/resource-binding'
import { growthOf, judgeEviction } from '@flotilla/scheduler/judge-eviction'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { Snapshot } from '@flotilla/scheduler/snapshot'
import type { Evict } from '../../evict.ts'

export interface Prepared {
  readonly request: ScheduleRequest
  readonly decision: Decision
  readonly snapshot: Snapshot
  save(): Promise<void>
}

export interface EvictorDeps {
  /** What would be decided with other evictions; undefined: the binding is not there, or nobody decides for it. */
  prepare(key: string, evictions: (before: readonly Eviction[]) => readonly Eviction[]): Prepared | undefined
}

export function createEvictor({ prepare }: EvictorDeps): Evict {
  const withOne = (key: string, eviction: Eviction) =>
    prepare(key, (before) => [...before.filter(({ id }) => id !== eviction.id), eviction])
  const without = (key: string, clusterId: string) =>
    prepare(key, (before) => before.filter(({ id }) => id !== clusterId))
  const judge = ({ request, decision, snapshot }: Prepared, { id }: Eviction) =>
    judgeEviction(request, decision, snapshot, id)

  return {
    foresee(key, eviction) {
      const prepared = withOne(key, eviction)
      return prepared && judge(prepared, eviction)
    },
    async evict(key, eviction) {
      const prepared = withOne(key, eviction)
      const verdict = prepared && judge(prepared, eviction)
      if (verdict?.kind === 'moves') await prepared?.save()
      return verdict
    },
    foreseeReturn(key, clusterId) {
      const prepared = without(key, clusterId)
      if (!prepared) return 0
      const { request, decision } = prepared
      return growthOf(request.previous, decision).find(({ id }) => id === clusterId)?.replicas ?? 0
    },
    async readmit(key, clusterId) {
      const prepared = without(key, clusterId)
      await prepared?.save()
      return prepared !== undefined
    },
  }
}
