// Aggregated: on few clusters, each filled before the next is begun; those that hold replicas first.
import { byRoom, type Candidate, growthLevel, heldBy } from './candidate.ts'
import { nextCost } from './cost/objective.ts'
import type { Judged } from './judge.ts'

/**
 * Each cluster's place in the order of filling is its level. Of a tier those that hold most come first, then those
 * with most room: taking the largest first needs the fewest. Scaling down empties in reverse. With costs those that
 * hold some are filled the cheapest first, and of the others the cheapest with which the fewest suffice. Without replicas
 * the template may be where it is, or on the first if it is nowhere. `isSpread`: which clusters are used is decided with
 * their failure domains, so that only the order in which they are filled is left.
 */
export function rankByRoom(
  replicas: number,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  isSpread: boolean,
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
  const growth = new Map(
    orderOfGrowth(replicas, ranked, isSpread).map((judged, rank) => [judged, ranked.length + rank]),
  )
  const isSomewhere = feasible.some(({ holding }) => holding !== undefined)
  return ranked.map((judged, rank) => ({
    ...byRoom(judged, tieOf(judged), { held: rank, growth: growth.get(judged) ?? 0 }),
    isUsable: isSomewhere ? judged.holding !== undefined : rank === 0,
  }))
}

/** In the order of `ranked` where nothing has costs, but for clusters that growth should rather not go to. */
function orderOfGrowth(replicas: number, ranked: readonly Judged[], isSpread: boolean): readonly Judged[] {
  const byLevel = ranked.toSorted((one, other) => growthLevel(one) - growthLevel(other))
  if (ranked.every(({ costs }) => costs === undefined)) return byLevel
  const order: Judged[] = []
  for (const level of new Set(byLevel.map(growthLevel))) {
    const ofLevel = byLevel.filter((judged) => growthLevel(judged) === level)
    const before = roomOf(order)
    const holding = cheapestFirst(ofLevel.filter((judged) => heldBy(judged) > 0))
    const empty = ofLevel.filter((judged) => heldBy(judged) === 0)
    const left = replicas - before - roomOf(holding)
    order.push(...holding, ...(isSpread ? cheapestFirst(empty) : cheapestOfFewest(left, empty)))
  }
  return order
}

/**
 * `byRoom`: the largest first. In front those to use, the cheapest first: as few as have room for all, none dearer than
 * must be. The dearest has what the others leave, so those that save most against it, filled, go along.
 */
function cheapestOfFewest(replicas: number, byRoom: readonly Judged[]): readonly Judged[] {
  const fewest = fewestFor(replicas, byRoom)
  const highest = lowestCost(byRoom, (some) => roomOf(some.slice(0, fewest)) >= replicas)
  const left = upTo(highest, byRoom)
  const last = left.find((one) => costOf(one) === highest)
  if (last === undefined || replicas <= 0) return byRoom
  const chosen = new Set([last])
  const saving = (one: Judged) => Math.min(one.limit, replicas) * (costOf(last) - costOf(one))
  for (const one of left.toSorted((some, other) => saving(other) - saving(some))) {
    if (chosen.size === fewest) break
    const used = new Set(chosen).add(one)
    const largest = left.filter((other) => !used.has(other)).slice(0, fewest - used.size)
    if (roomOf([...used, ...largest]) >= replicas) chosen.add(one)
  }
  return [...cheapestFirst([...chosen]), ...byRoom.filter((one) => !chosen.has(one))]
}

function cheapestFirst(clusters: readonly Judged[]): readonly Judged[] {
  return clusters.toSorted((one, other) => costOf(one) - costOf(other))
}

/** The lowest cost for which those that cost no more suffice; the highest there is if none does. */
function lowestCost(clusters: readonly Judged[], suffice: (some: readonly Judged[]) => boolean): number {
  const costs = [...new Set(clusters.map(costOf))].sort((one, other) => one - other)
  let [low, high] = [0, costs.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (suffice(upTo(costs[middle] ?? 0, clusters))) high = middle
    else low = middle + 1
  }
  return costs[low] ?? 0
}

/** Those that cost no more. */
function upTo(cost: number, clusters: readonly Judged[]): readonly Judged[] {
  return clusters.filter((one) => costOf(one) <= cost)
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
