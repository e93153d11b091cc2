// Other workloads that matter to where one may go: as the caller knows them placed, this one among them.
import type { Topology } from '@flotilla/api/workload-affinity'

/** By cluster id: workloads by any key, named for people, e.g. `Deployment db`. */
export type Residents = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface Company {
  /** How the rule names them, e.g. `app=db`. */
  readonly group: string
  readonly topology: Topology
  readonly residents: Residents
}

/** Those that a workload is, or is to be, beside. */
export interface OwnCompany extends Company {
  /** It is one of them. */
  readonly isMember: boolean
}

export interface Neighbours {
  /** The workload's own name: it is no neighbour of itself, nor is what it was created anew from. */
  readonly name: string
  /** Those that it must be beside. */
  readonly affinity?: OwnCompany & {
    /** While no other is placed it may go anywhere. */
    readonly mayBeFirst: boolean
  }
  /** Those that it must not be beside. */
  readonly antiAffinity?: Company
  /** Those that must not be beside it; `group` is what they call it. */
  readonly avoidedBy: readonly Company[]
  /** Those that it should be beside, and those that it should not. */
  readonly preferredAffinity?: OwnCompany
  readonly preferredAntiAffinity?: Company
}
