// Divides replicas where the sum of convex costs is least: the one engine of all modes. The k-th replica of a share of
// weight w has the price `(level, cost, (2k - 1) / w)`, compared in this order; the cheapest are taken. That minimises
// Σ M²·level(x) + M·cost(x) + x² / w for a large M. Each share's prices rise, so taking the cheapest next is optimal and
// one more replica never takes one away. Without levels and costs it is Webster (Sainte-Laguë) with a minimum and a
// maximum per share.

/** Replicas of a share that cost the same, beside how many it has. */
export interface Step {
  /** A replica of a higher level is taken when none of a lower is left, whatever they cost. */
  readonly level: number
  /** Of each replica. */
  readonly cost: number
  /** The share's replicas up to this one; of the last step of a share all others, whatever it says. */
  readonly upTo: number
}

export interface Share {
  /** Not negative. A share of weight 0 gets its minimum. */
  readonly weight: number
  readonly min: number
  /** Not below `min`; Infinity for none. */
  readonly max: number
  /** Unique in the list: of equal prices the lower goes first. */
  readonly tie: number
  /** What its replicas cost, rising by level, then by cost. Default: all are of level 0 and cost nothing. */
  readonly steps?: readonly Step[]
}

const free: readonly Step[] = [{ level: 0, cost: 0, upTo: Number.POSITIVE_INFINITY }]

/** Above so many replicas finding the price is faster than taking replicas one by one. */
const priceThreshold = 4000

/**
 * Replicas per share, in the order of `shares`. Their sum is `total`, or what the maxima and weights allow.
 * Where `total` is below the sum of the minima it is divided in proportion to those.
 */
export function divideReplicas(total: number, shares: readonly Share[]): readonly number[] {
  const minima = sumOfMinima(shares)
  if (total < minima) return divideReplicas(total, shares.map(toMinimumShare))
  const isFree = shares.every(({ steps = free }) => steps.length === 1 && compareSteps(steps[0], free[0]) === 0)
  const marginal = isFree ? undefined : marginalStep(total - minima, shares)
  return marginal === undefined ? divideLevel(total, shares) : divideAt(marginal, total, shares)
}

/** What is cheaper than the last replica is taken, what is dearer is not; those that offer more at its cost share the rest. */
function divideAt(marginal: Step, total: number, shares: readonly Share[]): readonly number[] {
  const counts = shares.map((share) => reach(share, (step) => compareSteps(step, marginal) < 0))
  const [level, places]: [Share[], number[]] = [[], []]
  shares.forEach((share, place) => {
    const min = counts[place] ?? 0
    const max = reach(share, (step) => compareSteps(step, marginal) <= 0)
    if (max <= min) return
    level.push({ weight: share.weight, min, max, tie: share.tie })
    places.push(place)
  })
  const others = sum(counts) - sumOfMinima(level)
  divideLevel(total - others, level).forEach((count, at) => (counts[places[at] ?? 0] = count))
  return counts
}

/** Where all replicas are of one level and cost. */
function divideLevel(total: number, shares: readonly Share[]): readonly number[] {
  return total - sumOfMinima(shares) > priceThreshold ? divideByPrice(total, shares) : divideByHeap(total, shares)
}

/** The step of the last of `left` replicas when the cheapest are taken; undefined: there is nothing to take. */
function marginalStep(left: number, shares: readonly Share[]): Step | undefined {
  return cheapestStep(left, shares) ?? lastStep(left, shares)
}

/** The cheapest of all first steps where as many replicas cost that: mostly they do. Undefined: it takes more to tell. */
function cheapestStep(left: number, shares: readonly Share[]): Step | undefined {
  let cheapest: Step | undefined
  let offered = 0
  for (const share of shares) {
    if (share.weight === 0 || share.max <= share.min) continue
    const [first = dearest] = share.steps ?? free
    const replicas = replicasOf(share, 0)
    if (replicas === 0) return undefined
    const order = cheapest === undefined ? -1 : compareSteps(first, cheapest)
    if (order < 0) [cheapest, offered] = [first, 0]
    if (order <= 0) offered += replicas
  }
  return left > 0 && offered >= left ? cheapest : undefined
}

function lastStep(left: number, shares: readonly Share[]): Step | undefined {
  const next = shares.map(() => 0)
  const stepAt = (index: number) => (shares[index]?.steps ?? free)[next[index] ?? 0]
  const isCheaper = (one: number, other: number) => compareSteps(stepAt(one), stepAt(other)) < 0
  const heap = [...shares.keys()].filter((index) => (shares[index]?.weight ?? 0) > 0)
  heapify(heap, isCheaper)
  let marginal: Step | undefined
  for (let offered = 0; offered < left && heap.length > 0;) {
    const cheapest = heap[0] ?? 0
    const replicas = replicasOf(shares[cheapest], next[cheapest] ?? 0)
    if (replicas > 0) marginal = stepAt(cheapest)
    offered += replicas
    next[cheapest] = (next[cheapest] ?? 0) + 1
    if (stepAt(cheapest) === undefined) removeTop(heap)
    sink(heap, 0, isCheaper)
  }
  return marginal
}

/** By level, then by cost. */
export function compareSteps(one: Price = dearest, other: Price = dearest): number {
  return one.level - other.level || one.cost - other.cost
}

type Price = Pick<Step, 'level' | 'cost'>

const dearest: Step = { level: Number.MAX_VALUE, cost: 0, upTo: Number.POSITIVE_INFINITY }

/** How many replicas of the share the step at `index` has, beyond its minimum. */
function replicasOf(share: Share | undefined, index: number): number {
  if (share === undefined) return 0
  const { steps = free, min, max } = share
  const from = Math.max(min, steps[index - 1]?.upTo ?? 0)
  const to = index === steps.length - 1 ? max : Math.min(max, steps[index]?.upTo ?? 0)
  return Math.max(0, to - from)
}

/** Replicas of the share's first steps, those for which `isWithin` holds, and its minimum. */
function reach({ weight, min, max, steps = free }: Share, isWithin: (step: Step) => boolean): number {
  if (weight === 0) return min
  let upTo = 0
  for (const step of steps) {
    if (!isWithin(step)) return Math.max(min, Math.min(upTo, max))
    upTo = step.upTo
  }
  return max
}

/** The parts of what a division minimises, in their order: Σ level(x), Σ cost(x), Σ x² / w. */
export function costOfDivision(counts: readonly number[], shares: readonly Share[]): readonly [number, number, number] {
  let [levels, costs, squares] = [0, 0, 0]
  for (const [index, { weight, steps = free }] of shares.entries()) {
    const count = counts[index] ?? 0
    if (count > 0 && weight > 0) squares += count ** 2 / weight
    let from = 0
    for (const [at, { level, cost, upTo }] of steps.entries()) {
      const to = at === steps.length - 1 ? count : Math.min(count, upTo)
      if (to <= from) continue
      levels += (to - from) * level
      costs += (to - from) * cost
      from = to
    }
  }
  return [levels, costs, squares]
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
  heapify(heap, isCheaper)
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

function heapify(heap: number[], isLess: (left: number, right: number) => boolean): void {
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at, isLess)
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

function sumOfMinima(shares: readonly Share[]): number {
  let total = 0
  for (const { min } of shares) total += min
  return total
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
