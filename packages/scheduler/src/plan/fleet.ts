// What a plan starts from: the clusters, and of every binding what it asks for, what was decided and what of it is there.
import type { PlannedWorkload } from '@flotilla/api/plan'
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import type { CostBook } from '../cost/book.ts'
import type { Neighbours } from '../neighbours.ts'
import type { Turn } from '../order.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow } from '../snapshot.ts'

export interface ObjectName {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

export type Removal = NonNullable<PlannedWorkload['removal']>

/** What one binding wants. */
export interface Work extends Turn {
  readonly workload: ObjectName
  /** None: no policy selects it any more, so what was decided stays. */
  readonly policy?: ObjectName
  readonly isNew: boolean
  /** It may have others of lower priority give way. */
  readonly preempts?: true
  /** Its template is taken away, and its copies with it or not. */
  readonly removal?: Removal
  /** `previous` is what is decided for it now. */
  readonly request: ScheduleRequest
  /** Of the replicas that may run on a cluster, by its id, how many do not run there yet. */
  readonly unready: ReadonlyMap<string, number>
}

export interface Fleet {
  readonly clusters: readonly ClusterRow[]
  /** What replicas cost. */
  readonly book: CostBook
  readonly works: readonly Work[]
  /** Who is beside whom, where rules between workloads ask: a new one for each time that decisions are played out. */
  readonly prepareNeighbours?: () => NeighboursNow
}

export interface NeighboursNow {
  /** Of the work of that key; undefined: nobody has a rule that matters to it. */
  of(key: string): Neighbours | undefined
  /** Takes in what is decided for a work; keys of those whose decisions may differ by it. */
  tell(key: string, decision: Decision | undefined): Iterable<string>
}

/** Replicas of a decided cluster. Objects without count as one. */
export function replicasOn({ replicas = 1 }: DecidedCluster): number {
  return replicas
}

/** What may run on a cluster until the move is over: the larger of what it had and what it is to have. */
export function mayRun(entry: DecidedCluster): number {
  return Math.max(replicasOn(entry), entry.from ?? 0)
}

/** Replicas that a cluster is to have and that do not run there. */
export function lackingOn(entry: DecidedCluster, running: number): number {
  return Math.max(0, replicasOn(entry) - running)
}
