// What the rebalancer solves: workloads, the clusters that they may use, and room, as numbers in flat arrays.
import { FlotillaError } from '@flotilla/machinery/errors'
import { combine, hash32 } from '../hash.ts'
import { compareText } from '../snapshot.ts'
import { runSteps } from '../steps.ts'

export interface WorkloadInput {
  /** Unique. */
  readonly id: string
  readonly replicas: number
  /** What one replica needs, by resource, in whole units. */
  readonly request: readonly number[]
  /** Nothing of a higher one is left out for a lower one. */
  readonly priority: number
  /** As of `RebalanceOptions`, for this workload. Default: that of all. */
  readonly gate?: number
  readonly options: readonly OptionInput[]
}

/** A cluster that a workload may use. */
export interface OptionInput {
  readonly cluster: string
  /** Of one replica for an hour. */
  readonly cost: number
  /** Replicas that run there. */
  readonly current: number
  /** Of these, those that may not leave. */
  readonly min: number
  readonly max: number
}

export interface ClusterInput {
  /** Unique. */
  readonly id: string
  /** Room for these workloads by resource, that of their running replicas included, in whole units. */
  readonly capacity: readonly number[]
}

/**
 * In the order of ids, so that no result depends on the order of the input. Tables of several columns are flat:
 * `capacity[cluster * resources + resource]`.
 */
export interface Problem {
  readonly workloads: readonly string[]
  readonly clusters: readonly string[]
  readonly resources: number
  readonly capacity: Float64Array
  /** By workload. */
  readonly replicas: Int32Array
  readonly priority: Float64Array
  /** NaN: that of all. */
  readonly gate: Float64Array
  readonly request: Float64Array
  /** The first option of each workload, and the number of all at the end. */
  readonly first: Int32Array
  /** By option; those of a workload are in the order of costs, equal ones in one that differs from workload to workload. */
  readonly workload: Int32Array
  readonly cluster: Int32Array
  readonly cost: Float64Array
  readonly current: Int32Array
  readonly min: Int32Array
  readonly max: Int32Array
  /** The options of each cluster are `optionsOn[firstOn[cluster]]` up to those of the next. */
  readonly firstOn: Int32Array
  readonly optionsOn: Int32Array
}

/** Throws BadRequest for numbers that mean nothing, unknown clusters and what is there twice. */
export function createProblem(workloads: readonly WorkloadInput[], clusters: readonly ClusterInput[]): Problem {
  return runSteps(problemSteps(workloads, clusters))
}

/** Workloads between two pauses. */
const workloadsPerStep = 8

/** The same in steps of some milliseconds. */
export function* problemSteps(
  workloads: readonly WorkloadInput[],
  clusters: readonly ClusterInput[],
): Generator<undefined, Problem, unknown> {
  const sortedClusters = byId('cluster', clusters)
  const sortedWorkloads = byId('workload', workloads)
  const resources = sortedClusters[0]?.capacity.length ?? 0
  const indexes = new Map(sortedClusters.map(({ id }, index) => [id, index]))
  const hashes = sortedClusters.map(({ id }) => hash32(id))
  const first = startsOf(sortedWorkloads.map(({ options }) => options.length))
  const columns = createColumns(first.at(-1) ?? 0)
  for (const [index, workload] of sortedWorkloads.entries()) {
    if (index % workloadsPerStep === 0) yield
    checkWorkload(workload, resources)
    let at = first[index] ?? 0
    for (const option of sortOptions(workload, indexes, hashes)) {
      columns.workload[at] = index
      columns.cluster[at] = indexes.get(option.cluster) ?? 0
      columns.cost[at] = option.cost
      columns.current[at] = option.current
      columns.min[at] = option.min
      columns.max[at] = option.max
      at += 1
    }
  }
  return {
    workloads: sortedWorkloads.map(({ id }) => id),
    clusters: sortedClusters.map(({ id }) => id),
    resources,
    capacity: Float64Array.from(sortedClusters.flatMap((each) => checkCapacity(each, resources))),
    replicas: Int32Array.from(sortedWorkloads, ({ replicas }) => replicas),
    priority: Float64Array.from(sortedWorkloads, ({ priority }) => priority),
    gate: Float64Array.from(sortedWorkloads, ({ gate }) => gate ?? Number.NaN),
    request: Float64Array.from(sortedWorkloads.flatMap(({ request }) => request)),
    first,
    ...columns,
    ...groupByCluster(columns.cluster, sortedClusters.length),
  }
}

function createColumns(options: number): Pick<Problem, 'workload' | 'cluster' | 'cost' | 'current' | 'min' | 'max'> {
  return {
    workload: new Int32Array(options),
    cluster: new Int32Array(options),
    cost: new Float64Array(options),
    current: new Int32Array(options),
    min: new Int32Array(options),
    max: new Int32Array(options),
  }
}

function byId<T extends { readonly id: string }>(what: string, given: readonly T[]): readonly T[] {
  const sorted = given.toSorted((left, right) => compareText(left.id, right.id))
  const twice = sorted.find(({ id }, index) => id === sorted[index + 1]?.id)
  if (twice) throw new FlotillaError('BadRequest', `Cannot rebalance ${twice.id}: the ${what} is there twice`)
  return sorted
}

function sortOptions(
  { id, options }: WorkloadInput,
  indexes: ReadonlyMap<string, number>,
  hashes: readonly number[],
): readonly OptionInput[] {
  const seed = hash32(id)
  const seen = new Set<string>()
  const keyed = options.map((option) => {
    const index = indexes.get(option.cluster)
    if (index === undefined)
      throw new FlotillaError('BadRequest', `${cannot(id)}: there is no cluster ${option.cluster}`)
    if (seen.has(option.cluster))
      throw new FlotillaError('BadRequest', `${cannot(id)}: ${option.cluster} is there twice`)
    seen.add(option.cluster)
    return { option, index, tie: combine(seed, hashes[index] ?? 0) }
  })
  keyed.sort((left, right) => left.option.cost - right.option.cost || left.tie - right.tie || left.index - right.index)
  return keyed.map(({ option }) => option)
}

function checkWorkload({ id, replicas, request, priority, gate, options }: WorkloadInput, resources: number): void {
  if (request.length !== resources || !request.every(isWhole)) {
    throw new FlotillaError(
      'BadRequest',
      `${cannot(id)}: a request is ${resources} whole numbers, not ${request.join()}`,
    )
  }
  if (!isCount(replicas)) throw new FlotillaError('BadRequest', `${cannot(id)}: it has ${replicas} replicas`)
  if (!Number.isFinite(priority)) throw new FlotillaError('BadRequest', `${cannot(id)}: its priority is ${priority}`)
  if (gate !== undefined && !(gate > 0)) throw new FlotillaError('BadRequest', `${cannot(id)}: its gate is ${gate}`)
  for (const { cluster, cost, current, min, max } of options) {
    if (!Number.isFinite(cost) || cost < 0) {
      throw new FlotillaError('BadRequest', `${cannot(id)}: a replica costs ${cost} on ${cluster}`)
    }
    if (![current, min, max].every(isCount) || min > current || current > max) {
      const numbers = `${current} run there, at least ${min} stay, at most ${max} may`
      throw new FlotillaError('BadRequest', `${cannot(id)}: on ${cluster} ${numbers}`)
    }
  }
  const running = options.reduce((sum, { current }) => sum + current, 0)
  if (running > replicas) {
    throw new FlotillaError('BadRequest', `${cannot(id)}: ${running} replicas run, ${replicas} are wanted`)
  }
}

function checkCapacity({ id, capacity }: ClusterInput, resources: number): readonly number[] {
  if (capacity.length === resources && capacity.every(isWhole)) return capacity
  throw new FlotillaError(
    'BadRequest',
    `Cannot rebalance: ${id} has room ${capacity.join()}, not ${resources} whole numbers`,
  )
}

function cannot(id: string): string {
  return `Cannot rebalance ${id}`
}

function isWhole(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0
}

function isCount(number: number): boolean {
  return isWhole(number) && number < 2 ** 31
}

function groupByCluster(cluster: Int32Array, clusters: number): Pick<Problem, 'firstOn' | 'optionsOn'> {
  const counts = Array.from({ length: clusters }, () => 0)
  for (const index of cluster) counts[index] = (counts[index] ?? 0) + 1
  const firstOn = startsOf(counts)
  const next = firstOn.slice()
  const optionsOn = new Int32Array(cluster.length)
  for (const [option, index] of cluster.entries()) optionsOn[(next[index] = (next[index] ?? 0) + 1) - 1] = option
  return { firstOn, optionsOn }
}

/** Running sums that begin with 0. */
function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1)
  for (const [index, length] of lengths.entries()) starts[index + 1] = (starts[index] ?? 0) + length
  return starts
}
