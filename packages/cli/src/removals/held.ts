// What the breaker holds, as people see it. Pure.
import type { Binding } from '@flotilla/control-plane/hub'
import { heldTargets } from '@flotilla/control-plane/delivery/breaker/approval'

export interface HeldRemoval {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  /** Names of clusters that lose something, or their identities where no record names them. */
  readonly clusters: readonly string[]
  /** Copies that go: the workload and what follows it. */
  readonly copies: number
  /** The template is gone from the hub; else it is only to leave these clusters. */
  readonly isDeleted: boolean
  readonly policy?: string
  readonly scope: 'Policy' | 'Hub'
  readonly since: string
  /** Why, with numbers. */
  readonly message: string
}

/** Undefined: it is not held. */
export function heldRemovalOf(binding: Binding): HeldRemoval | undefined {
  const { spec, metadata } = binding
  const ref = spec.workloads[0]?.ref
  if (!spec.removalHold || !ref) return undefined
  const names = new Map([
    ...(spec.removals ?? []).map(({ id, cluster }) => [id, cluster] as const),
    ...(spec.decision?.clusters ?? []).map(({ id, name }) => [id, name] as const),
  ])
  const targets = heldTargets(binding)
  const { scope, since, message } = spec.removalHold
  return {
    kind: ref.kind,
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
    name: ref.name,
    clusters: [...new Set(targets.map(({ on }) => names.get(on.id) ?? on.id))].sort(),
    copies: targets.length,
    isDeleted: metadata.deletionTimestamp !== undefined,
    ...(spec.policy ? { policy: spec.policy.name } : {}),
    scope,
    since,
    message,
  }
}
