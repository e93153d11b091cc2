// What would have to change for replicas that have no place: the single rule, or cluster, that would give most of
// them one.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import { allocate } from './allocate.ts'
import { freeRoom } from './estimate.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'

interface Change {
  /** E.g. `without maxGroups`. */
  readonly text: string
  /** Replicas that would have a place. */
  readonly gain: number
}

const rules = ['maxGroups', 'maxSharePercent', 'maxSkew'] as const

/** `shortfall` with the smallest change added to its message; as it is where every replica has a place. */
export function suggestChange(
  shortfall: Shortfall,
  request: ScheduleRequest,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Shortfall {
  const missing = shortfall.missingReplicas
  if (missing === 0) return shortfall
  const changes = [...withoutRule(request, judged, ties, missing), ...withCluster(request, judged, missing)]
  const best = changes.reduce<Change | undefined>(
    (one, other) => (other.gain > (one?.gain ?? 0) ? other : one),
    undefined,
  )
  const text = best === undefined ? needOf(request, missing) : `${best.text}, ${best.gain} more`
  return text === undefined ? shortfall : { ...shortfall, message: `${shortfall.message}. Smallest change: ${text}` }
}

function withoutRule(
  request: ScheduleRequest,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  missing: number,
): readonly Change[] {
  const { placement } = request
  const constraint = placement.spreadConstraints?.[0]
  const feasible = judged.filter(({ isFeasible }) => isFeasible)
  if (constraint === undefined || feasible.length === 0) return []
  return rules.flatMap((rule) => {
    if (constraint[rule] === undefined) return []
    const spreadConstraints = [without(constraint, rule)]
    const { shortfall } = allocate({ ...request, placement: { ...placement, spreadConstraints } }, feasible, ties)
    return [{ text: `without ${rule}`, gain: missing - (shortfall?.missingReplicas ?? 0) }]
  })
}

function without(constraint: SpreadConstraint, rule: (typeof rules)[number]): SpreadConstraint {
  const { [rule]: _, ...rest } = constraint
  return rest
}

/** Clusters that only one filter speaks against and that have room. */
function withCluster(request: ScheduleRequest, judged: readonly Judged[], missing: number): readonly Change[] {
  const { placement, requirements, reservedOn } = request
  if (!isBoundByRoom(placement)) return []
  return judged.flatMap(({ cluster, objections }) => {
    const [objection] = objections
    if (objection === undefined || objections.length > 1) return []
    const room = freeRoom(cluster, requirements, reservedOn?.(cluster.id)) ?? 0
    return [{ text: `without ${objection.filter} on ${cluster.name}`, gain: Math.min(missing, room) }]
  })
}

function needOf({ placement, requirements }: ScheduleRequest, missing: number): string | undefined {
  if (!isBoundByRoom(placement)) return undefined
  const each = Object.entries(requirements?.resourceRequest ?? {}).map(([name, quantity]) => `${name} ${quantity}`)
  return `room for ${missing} more${each.length > 0 ? ` (${each.join(', ')} each)` : ''}`
}
