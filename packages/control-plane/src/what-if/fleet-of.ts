// The hub's bindings as a plan plays them out. Pure.
import { isPinned } from '@flotilla/api/reschedule'
import type { PolicyRef } from '@flotilla/api/resource-binding'
import { keyOf } from '@flotilla/machinery/object'
import { findCondition } from '@flotilla/runtime/conditions'
import { compileCostBook } from '@flotilla/scheduler/cost/book'
import { type Fleet, mayRun, type NeighboursNow, type ObjectName, type Work } from '@flotilla/scheduler/plan/fleet'
import type { Binding } from '../hub.ts'
import { policyRef } from '../policy/match.ts'
import type { Policy } from '../policy/match.ts'
import { isAllowed } from '../binding/preemption/consent.ts'
import { requestFor } from '../binding/request.ts'
import { turnOf } from '../turn.ts'
import { Neighbourhood } from '../binding/scheduler/neighbourhood.ts'
import { growingForMs, growingOn } from '../binding/scheduler/reservations.ts'
import { objectIdOf } from '../object-id.ts'
import type { HubState } from './hub-state.ts'
import type { HubReading } from './read-hub.ts'

/** `now`: milliseconds since 1970. Bindings that are being deleted are left out: nothing is decided for them. */
export function fleetOf(
  { rows: clusters, sources }: Pick<HubReading, 'rows' | 'sources'>,
  { bindings, policies, removed }: Pick<HubState, 'bindings' | 'policies' | 'removed'>,
  now: number,
): Fleet {
  const byRef = new Map(policies.map((policy) => [keyOfRef(policyRef(policy)), policy]))
  const live = bindings.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const policyOf = ({ spec: { policy } }: Binding) => policy && byRef.get(keyOfRef(policy))
  return {
    clusters,
    book: compileCostBook(sources, now),
    works: live.flatMap((binding) => toWork(binding, policyOf(binding), now, removed) ?? []),
    prepareNeighbours: () => neighboursAmong(live, policyOf),
  }
}

/** Removals are over once moves are. */
function neighboursAmong(
  bindings: readonly Binding[],
  policyOf: (binding: Binding) => Policy | undefined,
): NeighboursNow {
  const neighbourhood = new Neighbourhood()
  const byKey = new Map(bindings.map((binding) => [keyOf(binding.metadata), binding]))
  return {
    of(key) {
      const binding = byKey.get(key)
      return binding && neighbourhood.of(key, binding)
    },
    tell(key, decision) {
      const binding = byKey.get(key)
      if (binding === undefined) return []
      const { decision: _, removals: __, ...rest } = binding.spec
      const told = { ...binding, spec: { ...rest, ...(decision && { decision }) } }
      return neighbourhood.follow(key, told, policyOf(binding)?.spec.placement?.workloadAffinity)
    },
  }
}

/** Nothing of a binding that names no template. */
function toWork(
  binding: Binding,
  policy: Policy | undefined,
  now: number,
  removed: HubState['removed'],
): Work | undefined {
  const ref = binding.spec.workloads[0]?.ref
  if (ref === undefined) return undefined
  const removal = binding.spec.preserveResourcesOnDeletion === true ? 'Preserved' : 'Deleted'
  return {
    ...turnOf(binding),
    workload: nameOf(ref),
    ...(policy === undefined ? {} : { policy: nameOf(policyRef(policy)) }),
    isNew: binding.metadata.uid === undefined,
    ...(isAllowed(binding) ? { preempts: true as const } : {}),
    ...(removed?.has(objectIdOf(ref)) ? { removal } : {}),
    request: {
      ...requestFor(binding, policy?.spec.placement ?? {}),
      isPinned: isPinned(policy?.spec.reschedule, policy?.status),
    },
    unready: unreadyOn(binding, now),
  }
}

/** As the scheduler reserves room: what has not become ready after so long has taken its room, or will not. */
function unreadyOn(binding: Binding, now: number): ReadonlyMap<string, number> {
  const healthy = findCondition(binding.status?.conditions, 'Healthy')
  const isOld = healthy?.status === 'False' && now - Date.parse(healthy.lastTransitionTime) >= growingForMs
  if (isOld) return new Map()
  const growing = growingOn(binding, binding.spec.decision)
  return new Map(
    (binding.spec.decision?.clusters ?? []).flatMap((entry) => {
      const { ready, growing: missing } = growing.get(entry.id) ?? { ready: 0, growing: 0 }
      return missing > 0 ? [[entry.id, mayRun(entry) - ready] as const] : []
    }),
  )
}

function keyOfRef({ kind, namespace = '', name, uid }: PolicyRef): string {
  return `${kind}/${namespace}/${name}/${uid}`
}

function nameOf({ kind, namespace, name }: ObjectName): ObjectName {
  return { kind, ...(namespace === undefined ? {} : { namespace }), name }
}
