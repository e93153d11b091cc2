// What the members would lose by a binding: the copies that are to go and that nothing else guards. Pure.
import type { Binding } from '../../hub.ts'
import { removalsOf, type RemovalTarget } from '../claims.ts'

export interface Loss {
  readonly binding: Binding
  /** With its template, as a whole. */
  readonly isDeleted: boolean
  readonly targets: readonly RemovalTarget[]
  /** Identities of the clusters that lose something. */
  readonly clusters: ReadonlySet<string>
}

/** `isDue`: the copy is to be deleted as things are: nothing claims it, and its cluster is still registered. */
export function lossOf(binding: Binding, isDue: (target: RemovalTarget) => boolean): Loss | undefined {
  if (isLetGo(binding)) return undefined
  const targets = removalsOf(binding).filter((target) => !target.isFree && !target.isOrphaned && isDue(target))
  if (targets.length === 0) return undefined
  const clusters = new Set(targets.map(({ on }) => on.id))
  return { binding, isDeleted: binding.metadata.deletionTimestamp !== undefined, targets, clusters }
}

/** A person let all of it go, or it has run to its end: what is left of a finished Job is its record. */
export function isLetGo(binding: Binding): boolean {
  if (binding.metadata.deletionTimestamp === undefined) return false
  return binding.spec.removalApproval?.deletion === true || isFinishedJob(binding)
}

/** A Job is healthy once it is complete. */
function isFinishedJob({ spec, status }: Binding): boolean {
  const clusters = status?.clusters ?? []
  const isJob = spec.workloads.every(({ ref }) => ref.kind === 'Job' && ref.apiVersion.startsWith('batch/'))
  return isJob && clusters.length > 0 && clusters.every(({ health }) => health === 'Healthy')
}
