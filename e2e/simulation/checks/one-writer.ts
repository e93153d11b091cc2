// I5: nobody writes to a member after another process of its hub has taken its lease, or, one term later, another hub or
// a newer generation, whom people let take it at once; and generations only grow.
import type { KubeObject } from '@flotilla/machinery/object'
import { group } from '@flotilla/api/group'
import { hubId } from '../controllers-process.ts'
import { describe, isWrite } from '../sim-net.ts'
import type { Check, Watched } from './check.ts'

/** How long a lease that was renewed holds, ms. */
const termMs = 30_000

interface Holder {
  readonly hub: string
  readonly holder: string
  readonly generation: number
  /** Virtual ms. */
  readonly since: number
  /** Until when whoever held it before may not know, virtual ms. */
  readonly overlapUntil: number
}

export function checkOneWriter({ members, now, violate }: Watched): Check {
  const holders = new Map<string, Holder>()
  return {
    onMemberEvent(member, { key, type, object }) {
      if (key !== 'leases.coordination.k8s.io/flotilla-system/flotilla-hub') return
      if (type === 'DELETED') return void holders.delete(member.id)
      const before = holders.get(member.id)
      const next = holderOf(object, now())
      if (before !== undefined && before.hub === next.hub && next.generation < before.generation) {
        violate('I5', `the lease on ${member.name} went from generation ${before.generation} to ${next.generation}`)
      }
      holders.set(member.id, succeed(before, next))
    },
    onArrival(call) {
      const member = members.get(call.server)
      if (member === undefined || !isWrite(call) || call.resource?.plural === 'leases') return
      const lease = holders.get(member.id)
      if (lease === undefined || call.resource?.plural === 'clusterrolebindings') return
      const isOwn = lease.hub === hubId && lease.holder === call.process
      // What was sent before is on its way, and cannot be called back.
      if (isOwn || call.sentAt <= lease.overlapUntil) return
      violate(
        'I5',
        `${call.process} sent "${describe(call)}" after ${lease.holder} of ${lease.hub} had taken the lease`,
      )
    },
  }
}

function succeed(before: Holder | undefined, next: Holder): Holder {
  if (before === undefined) return next
  const { since, overlapUntil } = before
  if (before.hub === next.hub && before.holder === next.holder) return { ...next, since, overlapUntil }
  const isRival = before.hub === next.hub && before.generation === next.generation
  return isRival ? next : { ...next, overlapUntil: next.since + termMs }
}

function holderOf({ metadata, ...object }: KubeObject, since: number): Holder {
  const annotations = metadata.annotations ?? {}
  return {
    hub: annotations[`${group}/hub-id`] ?? '',
    holder: (object['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity ?? '',
    generation: Number(annotations[`${group}/hub-generation`] ?? 0),
    since,
    overlapUntil: since,
  }
}
