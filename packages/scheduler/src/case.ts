// A workload and the cluster that it is asked about: what `whyNot` looks at.
import type { Decision } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import { holdingsOf } from './holding.ts'
import { type Judged, judgeClusters } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import type { Snapshot } from './snapshot.ts'

export interface Case {
  readonly request: ScheduleRequest
  readonly judged: readonly Judged[]
  /** One of `judged`. */
  readonly it: Judged
  readonly decision: Decision
  /** Of costs. */
  readonly currency: string
}

/** Throws NotFound for a cluster that is not in the snapshot. */
export function toCase(request: ScheduleRequest, snapshot: Snapshot, clusterId: string, decision: Decision): Case {
  const holdings = holdingsOf(request.previous, request.isGrowthReady, request.replicas === undefined)
  const judged = judgeClusters(request, snapshot, holdings)
  const it = judged.find(({ cluster }) => cluster.id === clusterId)
  if (it === undefined)
    throw new FlotillaError('NotFound', `Cannot say why not on ${clusterId}: there is no such cluster`)
  return { request, judged, it, decision, currency: snapshot.book.currency }
}
