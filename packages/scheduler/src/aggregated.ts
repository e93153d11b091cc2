// Aggregated: on few clusters, each filled before the next is begun; those that hold replicas first.
import { byRoom, type Candidate, heldBy } from './candidate.ts'
import { nextCost } from './cost/objective.ts'
import type { Judged } from './judge.ts'

/**
 * Each cluster's place in the order of filling is its level. Of a tier those that hold most come first, then those
 * with most room: taking the largest first needs the fewest. Scaling down empties in reverse. With costs those that
 * hold some are filled the cheapest first, and of the others the cheapest with which the fewest suffice.
 */
export function rankByRoom(
  replicas: number,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): readonly Candidate[] {
  const tieOf = ({ cluster }: Judged) => ties.get(cluster.id) ?? 0
  const ranked = feasible.toSorted(
    (one, other) =>
      one.tier - other.tier ||
      heldBy(other) - heldBy(one) ||
      (heldBy(one) > 0 ? costOf(one) - costOf(other) : 0) ||
      compareRoom(other.limit, one.limit) ||
      tieOf(one) - tieOf(other),
  )
  const growth = new Map(orderOfGrowth(replicas, ranked).map((judged, rank) => [judged, ranked.length + rank]))
  return ranked.map((judged, rank) => ({
    ...byRoom(judged, tieOf(judged), { held: rank, growth: growth.get(judged) ?? 0 }),
    isUsable: rank === 0 || judged.holding !== undefined,
  }))
}

/** `ranked` itself where nothing has costs. */
function orderOfGrowth(replicas: number, ranked: readonly Judged[]): readonly Judged[] {
  if (ranked.every(({ costs }) => costs === undefined)) return ranked
  const order: Judged[] = []
  for (const tier of new Set(ranked.map((judged) => judged.tier))) {
    const inTier = ranked.filter((judged) => judged.tier === tier)
    const before = roomOf(order)
    const holding = inTier.filter((judged) => heldBy(judged) > 0).sort((one, other) => costOf(one) - costOf(other))
    const empty = inTier.filter((judged) => heldBy(judged) === 0)
    order.push(...holding, ...cheapestOfFewest(replicas - before - roomOf(holding), empty))
  }
  return order
}

/** `byRoom`: the largest first. One after the other the cheapest that with the largest others has room for the rest. */
function cheapestOfFewest(replicas: number, byRoom: readonly Judged[]): readonly Judged[] {
  const left = [...byRoom]
  const chosen: Judged[] = []
  for (let wanted = replicas; wanted > 0 && left.length > 0;) {
    const fewest = fewestFor(wanted, left)
    const others = roomOf(left.slice(0, fewest - 1))
    const next = left.reduce<Judged | undefined>((best, judged, index) => {
      const reach = index < fewest - 1 ? others + (left[fewest - 1]?.limit ?? 0) : others + judged.limit
      return reach >= wanted && (best === undefined || costOf(judged) < costOf(best)) ? judged : best
    }, undefined)
    if (next === undefined) break
    chosen.push(next)
    left.splice(left.indexOf(next), 1)
    wanted -= next.limit
  }
  return [...chosen, ...left]
}

/** How many of the largest have room for all; all of them where none has. */
function fewestFor(replicas: number, byRoom: readonly Judged[]): number {
  let room = 0
  const last = byRoom.findIndex(({ limit }) => (room += limit) >= replicas)
  return last < 0 ? byRoom.length : last + 1
}

function roomOf(clusters: readonly Judged[]): number {
  return clusters.reduce((sum, { limit }) => sum + limit, 0)
}

function costOf({ costs }: Judged): number {
  return costs === undefined ? 0 : nextCost(costs)
}

/** Unlike subtraction takes Infinity. */
function compareRoom(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1
}
