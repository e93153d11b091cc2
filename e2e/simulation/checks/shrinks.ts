// Nothing that is placed is taken away by what is merely not known: a decision shrinks only after somebody edited the
// template, its policy or a cluster, or a cluster has come to be well, where an eviction begins, or elsewhere where one
// ends. Reads that fail, members that are away and processes that start are no reason.
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { ModelBinding } from '../fleet-model.ts'
import type { Check, Watched } from './check.ts'

/** `actsWithinMs`: so much later an edit may be acted on, since whoever has to may be dead or cut off until then. */
export function checkShrinks({ model, now, violate }: Watched, actsWithinMs: number): Check {
  /** By UID of the binding's template: replicas by cluster id, as they were decided last. */
  const decided = new Map<string, Decided>()
  let editedAt = Number.NEGATIVE_INFINITY

  return {
    onHubEvent(event) {
      if (isEdit(event) || isWellAgain(event)) editedAt = now()
      if (!event.key.startsWith('resourcebindings.') || event.type === 'DELETED') return
      const binding = model.bindings.get(event.key)
      const uid = binding?.spec.workloads[0]?.ref.uid
      if (binding?.spec.decision === undefined || uid === undefined) return
      const before = decided.get(uid) ?? { replicas: new Map<string, number>(), evicted: new Set<string>() }
      const after = decidedBy(binding)
      decided.set(uid, after)
      if (now() - editedAt < actsWithinMs) return
      const isReturn = [...before.evicted].some((id) => !after.evicted.has(id))
      for (const [id, replicas] of before.replicas) {
        const left = after.replicas.get(id) ?? 0
        if (left < replicas && !isReturn && !after.evicted.has(id))
          violate('shrink', `${binding.app} shrinks on ${id} from ${replicas} to ${left}, and nobody edited anything`)
      }
    },
  }
}

interface Decided {
  /** By cluster id. */
  readonly replicas: ReadonlyMap<string, number>
  readonly evicted: ReadonlySet<string>
}

function decidedBy({ spec: { decision, evictions = [] } }: ModelBinding): Decided {
  return {
    replicas: new Map(decision?.clusters.map(({ id, replicas = 0 }) => [id, replicas])),
    evicted: new Set(evictions.map(({ id }) => id)),
  }
}

/** A cluster that had no growth while it recovered has its share then. */
function isWellAgain({ key, object, before }: StoreEvent): boolean {
  return key.startsWith('clusters.') && stateOf(object) === 'Healthy' && stateOf(before?.object) !== 'Healthy'
}

function stateOf(cluster: KubeObject | undefined): string {
  return textAt(cluster, 'status', 'health', 'state')
}

/** By people: what controllers observe and note is none. */
function isEdit({ key, type, object, before }: StoreEvent): boolean {
  const isKind = ['deployments.apps/', 'propagationpolicies.', 'clusters.'].some((prefix) => key.startsWith(prefix))
  if (!isKind) return false
  if (type !== 'MODIFIED') return true
  const { metadata } = object
  const earlier = before?.object.metadata
  return metadata.generation !== earlier?.generation || metadata.deletionTimestamp !== earlier?.deletionTimestamp
}
