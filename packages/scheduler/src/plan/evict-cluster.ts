// What failover would move away from a cluster: each work that something can replace elsewhere.
import { type EvictionVerdict, judgeEviction } from '../judge-eviction.ts'
import { compareTurns } from '../order.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'
import { clusterNamed } from './patches.ts'
import type { Fleet, Work } from './fleet.ts'

export interface Evicted {
  readonly fleet: Fleet
  /** What stays, in the order in which it would be moved. */
  readonly held: readonly { readonly work: Work; readonly why: Extract<EvictionVerdict, { kind: 'held' }> }[]
}

/** Throws NotFound for a cluster that is not there. */
export function evictCluster(fleet: Fleet, name: string): Evicted {
  const { id } = clusterNamed(fleet, name)
  const snapshot = createSnapshot(fleet.clusters, fleet.book)
  const held: Evicted['held'][number][] = []
  const evicted = new Set<Work>()
  for (const work of fleet.works.toSorted(compareTurns)) {
    const isThere = work.request.previous?.clusters.some((entry) => entry.id === id && entry.replicas !== 0)
    if (isThere !== true || work.policy === undefined) continue
    const { request } = withEviction(work, id, name)
    const why = judgeEviction(request, schedule(request, snapshot, { trigger: 'Plan' }), snapshot, id)
    if (why.kind === 'held') held.push({ work, why })
    else evicted.add(work)
  }
  return {
    fleet: { ...fleet, works: fleet.works.map((work) => (evicted.has(work) ? withEviction(work, id, name) : work)) },
    held,
  }
}

function withEviction(work: Work, id: string, name: string): Work {
  const evicted = new Map([...(work.request.evicted ?? []), [id, `failover of ${name}`]])
  return { ...work, request: { ...work.request, evicted } }
}
