// Who wants an object on a cluster, and who wants it gone. An object goes only when no live binding claims it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import type { Removal } from '@flotilla/api/removal'
import type { KubeObject } from '@flotilla/machinery/object'
import type { CauseOfLoss } from '@flotilla/scheduler/cause-of-loss'
import type { BindingFate } from '../binding-fate.ts'
import type { Binding } from '../hub.ts'
import { goesWhole } from '../requirements.ts'
import { shareOf, type ReplicaShare } from './replicas.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'
import { isRegisteredAs, type Registration } from '../registration.ts'

type WorkloadRef = Binding['spec']['workloads'][number]['ref']

export interface Claim {
  readonly binding: Binding
  readonly decision: Decision
  readonly entry: DecidedCluster
  readonly role: 'workload' | 'follower'
  /** Of the template that was bound. */
  readonly templateUid: string
}

/**
 * Claims of live bindings on the object on the cluster of identity `clusterId`, workloads' first, and of these the one
 * that wants most: while one binding follows on another nothing shrinks.
 */
export function claimsOn(bindings: readonly Binding[], id: ObjectId, clusterId: string): readonly Claim[] {
  return bindings
    .flatMap((binding) => claimOf(binding, id, clusterId) ?? [])
    .sort((a, b) => Number(a.role === 'follower') - Number(b.role === 'follower') || compareShares(a, b))
}

function compareShares(a: Claim, b: Claim): number {
  const [one, other] = [a, b].map((claim) => shareOfClaim(claim)?.replicas ?? Number.POSITIVE_INFINITY)
  return one === other ? 0 : (other ?? 0) - (one ?? 0)
}

/** Undefined: the cluster has it whole. */
export function shareOfClaim({ binding, entry }: Claim): ReplicaShare | undefined {
  return goesWhole(binding.spec) ? undefined : shareOf(entry)
}

function claimOf(binding: Binding, id: ObjectId, clusterId: string): Claim | undefined {
  const { decision, workloads, followers = [] } = binding.spec
  if (!decision || binding.metadata.deletionTimestamp !== undefined) return undefined
  const entry = decision.clusters.find((cluster) => cluster.id === clusterId)
  // A cluster that is dropped keeps its copy, and its claim, until the scheduler ends the move.
  if (!entry) return undefined
  const isIt = ({ ref }: { ref: WorkloadRef }) => objectIdOf(ref) === id
  const workload = workloads.find(isIt)
  if (workload) return { binding, decision, entry, role: 'workload', templateUid: workload.ref.uid }
  const follower = followers.find(isIt)
  return follower && { binding, decision, entry, role: 'follower', templateUid: follower.ref.uid }
}

/** Claims that speak for the template: a workload that was created anew under its name waits for its own binding. */
export function claimsFor(template: KubeObject, claims: readonly Claim[]): readonly Claim[] {
  return claims.filter(({ role, templateUid }) => role === 'follower' || templateUid === template.metadata.uid)
}

export interface WantedRemoval {
  readonly mode: 'delete' | 'orphan'
  /** The copy must carry one of these. */
  readonly templateUids: ReadonlySet<string>
  /** A policy of a binding that wants it gone suspends dispatching to the cluster. */
  readonly isSuspended: boolean
  /** The breaker has not let it go. */
  readonly isHeld: boolean
}

/** Workloads that stay on the cluster while the object, which followed them, is to go from it. */
export function formerUsersOf(bindings: readonly Binding[], id: ObjectId, clusterId: string): readonly ObjectId[] {
  return bindings.flatMap(({ metadata, spec }) => {
    const stays =
      metadata.deletionTimestamp === undefined && spec.decision?.clusters.some((cluster) => cluster.id === clusterId)
    const isDropped = spec.removals?.some((removal) => removal.id === clusterId && objectIdOf(removal.object) === id)
    return stays === true && isDropped === true ? spec.workloads.map(({ ref }) => objectIdOf(ref)) : []
  })
}

export interface Judges {
  readonly fateOf: (binding: Binding) => BindingFate | undefined
  /** Its policy suspends dispatching to the cluster. */
  readonly suspends: (binding: Binding) => boolean
  /** The breaker has not let it go. */
  readonly holds: (binding: Binding, target: RemovalTarget) => boolean
}

/**
 * The evidence for removing the object from the cluster, or undefined without any. Copies that one binding wants
 * orphaned stay, whatever others want; what one suspends or holds waits.
 */
export function removalOn(
  bindings: readonly Binding[],
  id: ObjectId,
  cluster: Cluster,
  { fateOf, suspends, holds }: Judges,
): WantedRemoval | undefined {
  const uids = new Set<string>()
  let [isSuspended, isHeld] = [false, false]
  let mode: WantedRemoval['mode'] = 'delete'
  for (const binding of bindings) {
    const fate = binding.metadata.deletionTimestamp === undefined ? 'remove' : fateOf(binding)
    if (fate !== 'remove' && fate !== 'orphan') continue
    for (const removal of removalsOf(binding)) {
      if (!isRegisteredAs(cluster, removal.on) || removal.objectId !== id) continue
      uids.add(removal.templateUid)
      if (fate === 'orphan' || removal.isOrphaned) mode = 'orphan'
      else if (holds(binding, removal)) isHeld = true
      isSuspended ||= suspends(binding)
    }
  }
  return uids.size === 0 ? undefined : { mode, templateUids: uids, isSuspended, isHeld: isHeld && mode === 'delete' }
}

export interface RemovalTarget {
  readonly on: Registration
  readonly objectId: ObjectId
  readonly templateUid: string
  readonly isOrphaned?: true
  /** The breaker has nothing to say of it: something else guards it, or a person let it go. */
  readonly isFree?: true
}

/** Why copies go that other guards than the breaker's keep from going in masses. */
const guarded: ReadonlySet<string> = new Set<CauseOfLoss | 'NoLongerFollows'>([
  'Evicted',
  'Drained',
  'Preempted',
  'Moved',
  'NoLongerFollows',
])

/** What `binding` wants removed: its recorded removals, and everything that it placed once it is being deleted. */
export function removalsOf(binding: Binding): readonly RemovalTarget[] {
  const { spec, metadata } = binding
  const recorded = (spec.removals ?? []).map(targetOf)
  if (metadata.deletionTimestamp === undefined) return recorded
  const objects = [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => ref)
  const placed = (spec.decision?.clusters ?? []).flatMap(({ id, clusterUID }) =>
    objects.map((ref) => ({ on: { id, clusterUID }, objectId: objectIdOf(ref), templateUid: ref.uid })),
  )
  return [...recorded, ...placed]
}

export function targetOf(removal: Removal): RemovalTarget {
  const { id, clusterUID, object, templateUID, orphan, approved, reason } = removal
  return {
    on: { id, clusterUID },
    objectId: objectIdOf(object),
    templateUid: templateUID,
    ...(orphan === true ? { isOrphaned: true } : {}),
    ...(approved === true || guarded.has(reason) ? { isFree: true } : {}),
  }
}

/** Of the same copy, whatever lets it go. */
export function isSameTarget(one: RemovalTarget, other: RemovalTarget): boolean {
  return (
    one.on.id === other.on.id &&
    one.on.clusterUID === other.on.clusterUID &&
    one.objectId === other.objectId &&
    one.templateUid === other.templateUid &&
    one.isOrphaned === other.isOrphaned
  )
}
