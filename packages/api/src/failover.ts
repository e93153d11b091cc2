// What failover goes by: the names of its taints, annotations and objects on the hub.
import { group } from './group.ts'
import type { Taint } from './selector.ts'

/** A cluster that is Failed is treated as if it had it: tolerations of policies hold for it. It is never written. */
export const unreachableTaint: Taint = { key: `${group}/unreachable`, effect: 'NoExecute' }
/** Of clusters that were lost three times within an hour. People take it off. */
export const quarantineTaint: Taint = { key: `${group}/quarantine`, effect: 'NoSchedule' }
/** Of clusters that people cordon. */
export const cordonTaint: Taint = { key: `${group}/cordon`, effect: 'NoSchedule' }

/** On a Cluster: everything is to move away, by order of a person; the value is the time, RFC 3339. */
export const orderAnnotation = `${group}/failover`
/** On a Cluster: `true` when its machines are known to be off, so that what must not run twice may move. */
export const fencedAnnotation = `${group}/fenced`

/** ConfigMap in `flotilla-system`: while it is there nothing moves. Keys: `since`, `reason`. */
export const freezeName = 'flotilla-freeze'
/** ConfigMap in `flotilla-system`: the latest moves. */
export const movesName = 'flotilla-moves'
