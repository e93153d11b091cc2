// A fleet with the shape of published traces: heavy-tailed replica counts, few discrete requests whose memory goes with
// their processors, clusters of very different sizes and prices.
import { seededRandom } from '@flotilla/runtime/seeded-random'
import type { ClusterInput, OptionInput, WorkloadInput } from '@flotilla/scheduler/rebalance/problem'

export interface FleetSize {
  readonly workloads: number
  readonly clusters: number
  /** Clusters that each workload may use. */
  readonly options: number
  /** Share of all processors and of all memory, whichever is scarcer, that the workloads ask for together. */
  readonly load: number
  readonly seed: number
}

export interface SyntheticFleet {
  readonly workloads: readonly WorkloadInput[]
  readonly clusters: readonly ClusterInput[]
}

/** Millicores and MiB. */
export interface Shape {
  readonly cpu: number
  readonly memory: number
}

/** Workloads start where there was room by chance: what has none does not run. */
export function syntheticFleet({
  workloads: count,
  clusters: clusterCount,
  options,
  load,
  seed,
}: FleetSize): SyntheticFleet {
  const random = seededRandom(seed)
  const demands = Array.from({ length: count }, (_, index) => ({
    id: `workload-${index}`,
    replicas: aReplicaCount(random),
    shape: aShape(random),
    priority: pick(random, [0.1, 0.6, 0.3]),
  }))
  const sizes = Array.from({ length: clusterCount }, () => 0.2 + pareto(random, 1.5, 40))
  const clusters = sizeClusters(sizes, demands, load, random)
  const free = clusters.map(({ capacity }) => [...capacity])
  const pricesOf = Array.from({ length: clusterCount }, () => aPrice(random))
  const draw = drawBySize(sizes, random)
  const workloads = demands.map(({ id, replicas, shape, priority }): WorkloadInput => {
    const chosen = draw(options)
    const request = [shape.cpu, shape.memory]
    const running = startSomewhere(chosen, replicas, request, free, random)
    return {
      id,
      replicas,
      request,
      priority: 2 - priority,
      options: chosen.map((cluster, index): OptionInput => ({
        cluster: clusters[cluster]?.id ?? '',
        cost: costOf(shape, pricesOf[cluster] ?? 1, random),
        current: running[index] ?? 0,
        min: 0,
        max: replicas,
      })),
    }
  })
  return { workloads, clusters }
}

const mostReplicas = 300

/** Many small ones, few large ones: a Pareto tail. */
export function aReplicaCount(random: () => number): number {
  return Math.min(mostReplicas, Math.floor(pareto(random, 1.15, mostReplicas) * 2))
}

/** Processors by halves and doubles; mostly 4 GiB each, sometimes 2 or 8. */
export function aShape(random: () => number): Shape {
  const cpu = [250, 500, 1_000, 2_000, 4_000, 8_000][pick(random, [0.3, 0.25, 0.2, 0.15, 0.07, 0.03])] ?? 250
  const gibPerCore = [2, 4, 8][pick(random, [0.25, 0.6, 0.15])] ?? 4
  return { cpu, memory: (cpu / 1_000) * gibPerCore * 1_024 }
}

export function pareto(random: () => number, exponent: number, most: number): number {
  return Math.min(most, (1 - random()) ** (-1 / exponent))
}

/** An index by weight. */
export function pick(random: () => number, weights: readonly number[]): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  )
}

function sizeClusters(
  sizes: readonly number[],
  demands: readonly { readonly replicas: number; readonly shape: Shape }[],
  load: number,
  random: () => number,
): readonly ClusterInput[] {
  const asked = demands.reduce(
    (sum, { replicas, shape }) => ({
      cpu: sum.cpu + replicas * shape.cpu,
      memory: sum.memory + replicas * shape.memory,
    }),
    { cpu: 0, memory: 0 },
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size, index) => {
    const share = size / total / load
    const lean = 0.9 + 0.2 * random()
    return {
      id: `cluster-${index}`,
      capacity: [Math.round(share * asked.cpu * lean), Math.round(share * asked.memory * (2 - lean))],
    }
  })
}

/** Relative to the usual price: where, from whom, spot or not. */
function aPrice(random: () => number): number {
  return 0.6 + random() * 0.8 + (random() < 0.15 ? -0.25 : 0)
}

/** Dollars an hour at the cluster's price, and what this workload pays for traffic and latency from there. */
function costOf({ cpu, memory }: Shape, price: number, random: () => number): number {
  const room = 0.05 * (cpu / 1_000) + 0.02 * (memory / 1_024) * 0.25
  return room * (price + 0.4 * random())
}

/** Different clusters, large ones more often. */
function drawBySize(sizes: readonly number[], random: () => number): (count: number) => readonly number[] {
  const sums = sizes.map(
    (
      (sum) => (size) =>
        (sum += size)
    )(0),
  )
  const total = sums.at(-1) ?? 0
  return (count) => {
    const drawn = new Set<number>()
    while (drawn.size < Math.min(count, sizes.length)) drawn.add(firstAbove(sums, random() * total))
    return [...drawn]
  }
}

function firstAbove(sums: readonly number[], value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}

function startSomewhere(
  chosen: readonly number[],
  replicas: number,
  request: readonly number[],
  free: readonly number[][],
  random: () => number,
): readonly number[] {
  const running = chosen.map(() => 0)
  let left = replicas
  const offset = Math.floor(random() * chosen.length)
  for (let tried = 0; tried < chosen.length && left > 0; tried++) {
    const index = (offset + tried) % chosen.length
    const room = free[chosen[index] ?? 0] ?? []
    const fit = Math.min(...request.map((each, resource) => Math.floor((room[resource] ?? 0) / each)))
    const taken = Math.min(left, fit, Math.max(1, Math.ceil(replicas / 3)))
    for (const [resource, each] of request.entries()) room[resource] = (room[resource] ?? 0) - taken * each
    running[index] = taken
    left -= taken
  }
  return running
}
