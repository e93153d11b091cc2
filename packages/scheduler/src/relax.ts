// What would have to change for replicas that have no place: the single rule, or cluster, that would give most of
// them one.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import { allocate } from './allocate.ts'
import { describeNeed } from './describe-room.ts'
import { freeRoom } from './estimate.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import { describeRule, spreadRules, topologyOf } from './spread/domain.ts'
import { crossing } from './stand-still.ts'

interface Change {
  /** E.g. `without maxGroups`. */
  readonly text: string
  /** Replicas that would have a place. */
  readonly gain: number
}

/** `shortfall` with the smallest change added to its message; as it is where every replica has a place. */
export function suggestChange(
  shortfall: Shortfall,
  request: ScheduleRequest,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Shortfall {
  const missing = shortfall.missingReplicas
  if (missing === 0) return shortfall
  const isCrossing = shortfall.reason === crossing
  const changes = [
    ...withoutRule(request, judged, ties, missing),
    ...(isCrossing ? [] : withCluster(request, judged, missing)),
  ]
  const best = changes.reduce<Change | undefined>(
    (one, other) => (other.gain > (one?.gain ?? 0) ? other : one),
    undefined,
  )
  const text =
    best === undefined ? (isCrossing ? undefined : needOf(request, missing)) : `${best.text}, ${best.gain} more`
  return text === undefined ? shortfall : { ...shortfall, message: `${shortfall.message}. Smallest change: ${text}` }
}

function withoutRule(
  request: ScheduleRequest,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  missing: number,
): readonly Change[] {
  const { placement } = request
  const constraints = placement.spreadConstraints ?? []
  const feasible = judged.filter(({ isFeasible }) => isFeasible)
  if (feasible.length === 0) return []
  const gainOf = (spreadConstraints: readonly SpreadConstraint[]) => {
    const { shortfall } = allocate({ ...request, placement: { ...placement, spreadConstraints } }, feasible, ties)
    return missing - (shortfall?.missingReplicas ?? 0)
  }
  const singles = constraints.flatMap((constraint, index) =>
    spreadRules
      .filter((rule) => constraint[rule] !== undefined)
      .map((rule) => {
        const { [rule]: _, ...rest } = constraint
        return { text: `without ${describeRule(constraint, rule)}`, gain: gainOf(constraints.with(index, rest)) }
      }),
  )
  const wholes = constraints.map((constraint, index) => {
    return {
      text: `without spreadConstraints by ${topologyOf(constraint)}`,
      gain: gainOf(constraints.toSpliced(index, 1)),
    }
  })
  return [...singles, ...(constraints.length > 1 ? wholes : [])]
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
  const request = Object.entries(requirements?.resourceRequest ?? {}).map(([name, quantity]) => `${name} ${quantity}`)
  const each = requirements?.parts === undefined ? request.join(', ') : describeNeed(requirements)
  return `room for ${missing} more${each === '' ? '' : ` (${each} each)`}`
}
