// Who sees that something has to leave a cluster and who decides where it goes do not know each other; the wiring passes
// this from one to the other.
import type { Eviction } from '@flotilla/api/resource-binding'
import type { EvictionVerdict } from '@flotilla/scheduler/judge-eviction'

export interface Evict {
  /** What the eviction would do now; undefined: the binding is not there, or nobody decides for it. */
  foresee(key: string, eviction: Eviction): EvictionVerdict | undefined
  /**
   * Records the eviction in one write with the decision that it leads to, if something replaces what leaves and has room.
   * Throws Conflict when the binding has changed meanwhile.
   */
  evict(key: string, eviction: Eviction): Promise<EvictionVerdict | undefined>
  /** How many replicas would come back if the eviction of the cluster of that id ended. */
  foreseeReturn(key: string, clusterId: string): number
  /**
   * Ends it, in one write with the decision that follows. False: the binding is not there, or nobody decides for it.
   * Throws Conflict when the binding has changed meanwhile.
   */
  readmit(key: string, clusterId: string): Promise<boolean>
}
