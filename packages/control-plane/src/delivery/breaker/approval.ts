// What a person lets go, and how that is written down. Pure.
import type { RemovalApproval } from '@flotilla/api/removal'
import { removalsName } from '@flotilla/api/breaker'
import { systemNamespace } from '@flotilla/api/group'
import type { Patch } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { Binding } from '../../hub.ts'
import { removalsOf, targetOf, type RemovalTarget } from '../claims.ts'

/** Copies that are deleted once the binding is let go, claims of others apart. */
export function heldTargets(binding: Binding): readonly RemovalTarget[] {
  return removalsOf(binding).filter((target) => !target.isFree && !target.isOrphaned)
}

/** Only of the binding just as it was shown: what is to go besides is held anew. */
export function approvalOf({ metadata, spec }: Binding, who: Pick<RemovalApproval, 'by' | 'time'>): Patch {
  const { resourceVersion, uid, deletionTimestamp } = metadata
  const removals = spec.removals?.map((removal) =>
    targetOf(removal).isFree ? removal : { ...removal, approved: true },
  )
  const removalApproval = { ...who, deletion: deletionTimestamp === undefined ? null : true }
  const patch = { removalHold: null, removalApproval, ...(removals ? { removals } : {}) }
  return { type: 'merge', patch: { metadata: { resourceVersion, uid }, spec: patch } }
}

export const approvalsKey = { namespace: systemNamespace, name: removalsName }

export interface ApprovalRecord extends Pick<RemovalApproval, 'by' | 'time'> {
  /** How it was asked for, e.g. `--all`. */
  readonly what: string
  /** `Kind NAMESPACE/NAME` of workloads, the first of them. */
  readonly workloads: readonly string[]
  readonly bindings: number
  readonly copies: number
}

/** Older ones are forgotten. */
const mostApprovals = 200

/** Data of the ConfigMap `approvalsKey` with one more; the latest last. */
export function withApproval(
  known: KubeObject | undefined,
  approval: ApprovalRecord,
): Readonly<Record<string, string>> {
  const lines = textAt(known, 'data', 'approvals').split('\n').filter(Boolean)
  const kept = [...lines, JSON.stringify(approval)].slice(-mostApprovals)
  return { approvals: kept.map((line) => `${line}\n`).join('') }
}
