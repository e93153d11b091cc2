// What a filter is: something that may speak against a cluster, for a reason that people understand.
import type { ClusterFacts } from '../facts.ts'
import type { ScheduleRequest } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'

export interface Objection {
  /**
   * NoGrowth: nothing new; what the cluster holds stays. Leave: what it holds leaves too. Only what people say
   * (policy, labels, NoExecute taints) may make replicas leave, never what is observed. Yield: all but `most` leave; what
   * was written down of a preemption says so, never what is observed either.
   */
  readonly effect: 'NoGrowth' | 'Leave' | 'Yield'
  /** Of Yield: replicas that stay. */
  readonly most?: number
  /** Observed and required values. Called only for clusters that are shown. */
  describe(): string
}

export interface NamedObjection extends Objection {
  /** Name of the filter. */
  readonly filter: string
}

/** Sees no room: what it says holds until something else changes about the cluster. */
export type Judge = (cluster: ClusterFacts) => Objection | undefined

export interface Filter {
  readonly name: string
  /** Prepares for one request, so that judging a cluster is cheap. */
  prepare(request: ScheduleRequest, snapshot: Snapshot): Judge
}

/** Of `replicas` only whether there are any. */
export type SharedRequest = Pick<ScheduleRequest, 'placement' | 'apiVersion' | 'kind' | 'replicas'>

/** Says the same of a cluster to all bindings of a policy and kind, whatever the other clusters are. */
export interface SharedFilter {
  readonly name: string
  prepare(request: SharedRequest): Judge
}
