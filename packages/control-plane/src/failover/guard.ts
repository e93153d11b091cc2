// What may move away from which cluster, and how fast: all guards that look at the fleet as a whole. Pure.
import type { ClusterHealth } from '@flotilla/api/cluster'

/** A registered cluster as the guards see it. */
export interface Member {
  readonly name: string
  readonly provider: string
  readonly region: string
  readonly health: ClusterHealth | undefined
  /** A person ordered that everything moves away. */
  readonly isOrdered: boolean
  /** `spec.suspend`: nothing is to be done for it. */
  readonly isSuspended: boolean
}

export type FleetVerdict =
  | { readonly kind: 'move'; readonly perSecond: number }
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly message: string }

export type HoldReason = 'Frozen' | 'HubMayBeCutOff' | 'Suspended'

/** Clusters lost within this time of each other may have been lost for one reason. */
const togetherMs = 60_000
const fewest = 3
const bindingsPerSecond = 10

/** By name, of the clusters away from which something may have to move; `isFrozen`: a person stopped all moves. */
export function judgeFleet(members: readonly Member[], isFrozen: boolean): ReadonlyMap<string, FleetVerdict> {
  const concerned = members.filter(({ health, isOrdered }) => isOrdered || health?.state === 'Failed')
  const perSecond = rateOf(members)
  return new Map(concerned.map((member) => [member.name, judge(member, members, perSecond, isFrozen)]))
}

/** A tenth where three clusters and a quarter of all are lost: then haste does most harm. */
export function rateOf(members: readonly Member[]): number {
  const lost = members.filter(({ health }) => health?.state === 'Unreachable' || health?.state === 'Failed').length
  return lost >= fewest && lost >= members.length / 4 ? bindingsPerSecond / 10 : bindingsPerSecond
}

function judge(member: Member, members: readonly Member[], perSecond: number, isFrozen: boolean): FleetVerdict {
  const { name, isOrdered, isSuspended } = member
  if (isFrozen) {
    return {
      kind: 'hold',
      reason: 'Frozen',
      message: 'Nothing moves: all moves are frozen. Next: flotilla freeze --off',
    }
  }
  if (isOrdered) return { kind: 'move', perSecond }
  if (isSuspended) {
    const message = `Nothing moves away from ${name}: it is suspended (spec.suspend). Next: flotilla failover ${name}, if it does not come back`
    return { kind: 'hold', reason: 'Suspended', message }
  }
  const doubt = doubtOf(member, members)
  if (doubt === undefined) return { kind: 'move', perSecond }
  const message = `Nothing moves away from ${name}: ${doubt} fell silent within a minute, so the hub may be cut off. Next: if they are really lost, flotilla failover ${name}`
  return { kind: 'hold', reason: 'HubMayBeCutOff', message }
}

/** What was lost together with the cluster, if that is so much that rather we are cut off; undefined: it is not. */
function doubtOf(member: Member, members: readonly Member[]): string | undefined {
  const at = silentAt(member)
  if (at === undefined) return undefined
  const isTogether = (other: Member) => Math.abs((silentAt(other) ?? Number.POSITIVE_INFINITY) - at) <= togetherMs
  const together = members.filter(isTogether)
  if (together.length >= fewest && together.length >= members.length / 2) {
    return `${together.length} of ${members.length} clusters`
  }
  for (const place of ['provider', 'region'] as const) {
    const there = members.filter((other) => member[place] !== '' && other[place] === member[place])
    if (there.length >= fewest && there.every(isTogether)) return `all ${there.length} of ${place} ${member[place]}`
  }
  return undefined
}

function silentAt({ health }: Member): number | undefined {
  const at = Date.parse(health?.silentSince ?? '')
  return Number.isNaN(at) ? undefined : at
}
