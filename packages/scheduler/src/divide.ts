// Divides replicas where the sum of convex costs is least: the one engine of all modes. The k-th replica of a share of
// weight w has the price `(cost, (2k - 1) / w)`, compared by cost first; the cheapest are taken. That minimises
// Σ M·cost(x) + x² / w for a large M. Each share's prices rise, so taking the cheapest next is optimal and one more
// replica never takes one away. Without costs it is Webster (Sainte-Laguë) with a minimum and a maximum per share.

export interface Share {
  /** Not negative. A share of weight 0 gets its minimum. */
  readonly weight: number
  readonly min: number
  /** Not below `min`; Infinity for none. */
  readonly max: number
  /** Unique in the list: of equal prices the lower goes first. */
  readonly tie: number
  /** Of each replica beyond `held`; a replica of a higher cost is taken when none of a lower is left. Default: 0. */
  readonly cost?: number
  /** So many replicas are there already and have `heldCost` each. Default: 0. */
  readonly held?: number
  /** Not above `cost`. Default: 0. */
  readonly heldCost?: number
}

/** Above so many replicas finding the price is faster than taking replicas one by one. */
const priceThreshold = 4000

/**
 * Replicas per share, in the order of `shares`. Their sum is `total`, or what the maxima and weights allow.
 * Where `total` is below the sum of the minima it is divided in proportion to those.
 */
export function divideReplicas(total: number, shares: readonly Share[]): readonly number[] {
  const minima = sum(shares.map((share) => share.min))
  if (total < minima) return divideReplicas(total, shares.map(toMinimumShare))
  const level = atMarginalCost(total - minima, shares)
  const left = total - sum(level.map((share) => share.min))
  return left > priceThreshold ? divideByPrice(total, level) : divideByHeap(total, level)
}

/**
 * The shares with what is cheaper than the last replica in their minima and what is dearer cut off: what is left to
 * divide has one cost. `left`: replicas beyond the minima.
 */
function atMarginalCost(left: number, shares: readonly Share[]): readonly Share[] {
  if (shares.every(({ cost = 0, held = 0 }) => cost === 0 && held === 0)) return shares
  const offers = shares.flatMap((share) => {
    const { cost = 0, heldCost = 0, min } = share
    const kept = reachBelow(cost, share)
    return share.weight > 0
      ? [
          { cost: heldCost, replicas: kept - min },
          { cost, replicas: share.max - kept },
        ]
      : []
  })
  offers.sort((one, other) => one.cost - other.cost)
  let marginal = 0
  let offered = 0
  for (const { cost, replicas } of offers) {
    if (offered >= left) break
    offered += replicas
    marginal = cost
  }
  return shares.map((share) => ({ ...share, min: reachBelow(marginal, share), max: reachBelow(marginal + 1, share) }))
}

/** Replicas of the share that cost less than `cost`, and its minimum. Costs are whole numbers. */
function reachBelow(cost: number, { weight, min, max, held = 0, heldCost = 0, cost: full = 0 }: Share): number {
  if (weight === 0) return min
  if (full < cost) return max
  return heldCost < cost ? Math.max(min, Math.min(held, max)) : min
}

/** Minima take the place of weights, and nobody gets more than its own. */
function toMinimumShare({ min, tie }: Share): Share {
  return { weight: min, min: 0, max: min, tie }
}

/** Takes replicas one by one: O(total · log shares). `total` is not below the sum of the minima. */
export function divideByHeap(total: number, shares: readonly Share[]): readonly number[] {
  return takeCheapest(
    total,
    shares,
    shares.map((share) => share.min),
  )
}

/** Finds the price that sells almost all, then takes the rest one by one: O(shares · 64), whatever the total. */
export function divideByPrice(total: number, shares: readonly Share[]): readonly number[] {
  const smallest = Math.min(...shares.map((share) => (share.weight > 0 ? share.weight : Number.POSITIVE_INFINITY)))
  let low = 0
  let high = Number.isFinite(smallest) ? (2 * total + 1) / smallest : 0
  for (let round = 0; round < 64; round += 1) {
    const price = (low + high) / 2
    if (sum(shares.map((share) => soldAt(price, share))) <= total) low = price
    else high = price
  }
  // One replica less than sold: rounding of the price may have sold one too many, never two.
  const sold = shares.map((share) => Math.max(share.min, soldAt(low, share) - 1))
  return takeCheapest(total, shares, sold)
}

function soldAt(price: number, { weight, min, max }: Share): number {
  return Math.min(max, Math.max(min, Math.floor((price * weight + 1) / 2)))
}

/** Goes on from `start`, whose replicas must all be among the cheapest. */
function takeCheapest(total: number, shares: readonly Share[], start: readonly number[]): readonly number[] {
  const replicas = [...start]
  const isCheaper = (left: number, right: number) => comparePrice(shares, replicas, left, right) < 0
  const canTake = (index: number) => (shares[index]?.weight ?? 0) > 0 && (replicas[index] ?? 0) < maximum(shares, index)
  const heap = [...shares.keys()].filter(canTake)
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at, isCheaper)
  for (let left = total - sum(replicas); left > 0 && heap.length > 0; left -= 1) {
    const cheapest = heap[0] ?? 0
    replicas[cheapest] = (replicas[cheapest] ?? 0) + 1
    if (!canTake(cheapest)) removeTop(heap)
    sink(heap, 0, isCheaper)
  }
  return replicas
}

/** Compares (2k + 1) / w by cross-multiplication, in whole numbers: exact below 2^53. */
function comparePrice(shares: readonly Share[], replicas: readonly number[], left: number, right: number): number {
  const one = shares[left]
  const other = shares[right]
  if (one === undefined || other === undefined) return 0
  const difference = (2 * (replicas[left] ?? 0) + 1) * other.weight - (2 * (replicas[right] ?? 0) + 1) * one.weight
  return difference === 0 ? one.tie - other.tie : difference
}

function maximum(shares: readonly Share[], index: number): number {
  return shares[index]?.max ?? 0
}

function removeTop(heap: number[]): void {
  const last = heap.pop()
  if (last !== undefined && heap.length > 0) heap[0] = last
}

function sink(heap: number[], from: number, isLess: (left: number, right: number) => boolean): void {
  const item = heap[from]
  if (item === undefined) return
  let at = from
  for (;;) {
    let child = 2 * at + 1
    let lesser = heap[child]
    if (lesser === undefined) break
    const right = heap[child + 1]
    if (right !== undefined && isLess(right, lesser)) [child, lesser] = [child + 1, right]
    if (!isLess(lesser, item)) break
    heap[at] = lesser
    at = child
  }
  heap[at] = item
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
