// What is asked of the scheduler for one binding.
import type { Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import type { Scores } from './cost/scores.ts'
import type { Neighbours } from './neighbours.ts'
import type { Reservation } from './occupy.ts'
import type { Requirements } from './requirements.ts'

/** What if one cluster had to have a replica: asked by `whyNot`, never by the scheduler itself. */
export interface Force {
  readonly clusterId: string
  /** Filters that do not count for it; `Room`: it has room for one; `clusterAffinities`: the first tier has it. */
  readonly waived: ReadonlySet<string>
}

/** Room on one cluster that it gives up, or may not take, because others of higher priority are to have it. */
export interface Yield {
  /** Replicas that it has there at most. None: what it holds. */
  readonly most?: number
  /** It is over: room that comes free may be taken again. */
  readonly isOver?: true
  /** For people, e.g. `3 replicas gave way to Deployment shop/web (priority 1000)`. */
  readonly message: string
}

/** What somebody who gave way is told; `to`: who has the room. */
export function gaveWayTo(to: string, replicas: number): string {
  return `${replicas} ${replicas === 1 ? 'replica' : 'replicas'} gave way to ${to}`
}

/** Room on one cluster that others have given up for it. */
export interface Grant {
  readonly clusterId: string
  /** Replicas that it may have there in all, whatever else is known of the room. */
  readonly replicas: number
}

export interface ScheduleRequest {
  readonly templateUID: string
  readonly apiVersion: string
  readonly kind: string
  /** Of the template; none: cluster-scoped. */
  readonly namespace?: string
  readonly name?: string
  /** All workloads that are one, it among them. */
  readonly alongWith?: readonly { readonly apiVersion: string; readonly kind: string; readonly uid: string }[]
  /**
   * `replicas` of a workload, `parallelism` of a Job, 1 of a gang. None: an object without, which goes whole to each
   * cluster.
   */
  readonly replicas?: number
  /** `completions` of a Job that has a fixed number of them. */
  readonly completions?: number
  /** It is no Job and runs to its end all the same: in part it is of no use. */
  readonly runsToEnd?: boolean
  /** What one replica needs: bounds modes that go by free room, and explains the others. */
  readonly requirements?: Requirements
  /** Replicas, this binding's own among them, that were decided but do not show in a cluster's free room yet. */
  readonly reservedOn?: (clusterId: string) => readonly Reservation[]
  readonly placement: Placement
  /** Of workloads that rules of their own, or of others, keep together or apart. */
  readonly neighbours?: Neighbours
  /** What the external scorer says that the placement names. None: it was not asked. */
  readonly scores?: Scores
  /** Why it was moved away from clusters, for people, by their ids. */
  readonly evicted?: ReadonlyMap<string, string>
  readonly force?: Force
  /**
   * Replicas by cluster id that a rebalance wants instead of what `previous` has. Decided where all rules allow
   * exactly that, else as if it were not there.
   */
  readonly target?: ReadonlyMap<string, number>
  /** By cluster id. */
  readonly yields?: ReadonlyMap<string, Yield>
  readonly grant?: Grant
  /** What is placed stays whatever becomes of labels, tiers and clusters, until template or policy ask for another thing. */
  readonly isPinned?: boolean
  /** What the binding says now: what clusters are taken to hold. */
  readonly previous?: Decision
  /** The growth that `previous` asked for has been seen ready, or its grace period is over. */
  readonly isGrowthReady: boolean
}

export interface ScheduleOptions {
  /** What made the scheduler look, e.g. `PolicyChanged`; goes into the explanation. */
  readonly trigger: string
}
