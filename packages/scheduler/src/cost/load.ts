// What a replica costs by how full it makes its cluster: nothing up to a target, then with the square of what is above.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { requestKey } from '../fit.ts'
import { combine, hashNumber } from '../hash.ts'
import type { Reservation } from '../occupy.ts'
import type { ClusterRow, Utilisation } from '../snapshot.ts'
import { type Amounts, amountsOf } from './amounts.ts'

export interface LoadStep {
  /** 0 at the target or below, 1 where the cluster is full. */
  readonly penalty: number
  /** So many replicas more than now have at most that penalty; negative: so many fewer. Of the last step Infinity. */
  readonly upTo: number
}

/** Of the next replicas, rising. */
export interface Load {
  readonly steps: readonly LoadStep[]
  /** Penalty of the first replica that is added. */
  readonly next: number
  /** Of the steps. */
  readonly hash: number
}

/** Utilisation above which a replica costs something: what is free below takes rollouts and failed nodes. */
export const targetUtilisation = 0.7
const bands = 10

/** Of a cluster that costs the same however full it is. */
export function constantLoad(penalty: number): Load {
  return { steps: [{ penalty, upTo: Number.POSITIVE_INFINITY }], next: penalty, hash: hashNumber(penalty) }
}

interface Known {
  readonly cluster: ClusterRow
  readonly byRequest: Map<string, Load>
}

const mostRequests = 64
const loads = new WeakMap<readonly Reservation[], Known>()

/**
 * Of the fuller of CPU and memory: requested and `reserved`, of what ready nodes offer. Undefined: not known.
 * Lists of reservations are immutable, so with one it is computed once for each kind of request.
 */
export function loadOn(
  cluster: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  reserved: readonly Reservation[] = [],
): Load | undefined {
  const { resources } = cluster
  if (resources === undefined) return undefined
  if (reserved.length === 0) return loadFrom(resources, amountsOf(requirements), reserved)
  let known = loads.get(reserved)
  if (known?.cluster !== cluster) loads.set(reserved, (known = { cluster, byRequest: new Map() }))
  const key = requestKey(requirements)
  let load = known.byRequest.get(key)
  if (load === undefined) {
    load = loadFrom(resources, amountsOf(requirements), reserved)
    if (known.byRequest.size >= mostRequests) known.byRequest.clear()
    known.byRequest.set(key, load)
  }
  return load
}

/** What a cluster's nodes have once so many replicas more have asked for their part; negative: so many fewer. */
export function withRequests(
  row: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  replicas: number,
): ClusterRow {
  if (row.resources === undefined) return row
  const { cpus, memoryGiB } = row.resources
  const each = amountsOf(requirements)
  const after = (use: Utilisation, amount: number) => ({
    ...use,
    requested: Math.max(0, use.requested + amount * replicas),
  })
  return { ...row, resources: { cpus: after(cpus, each.cpus), memoryGiB: after(memoryGiB, each.memoryGiB) } }
}

function loadFrom(
  { cpus, memoryGiB }: NonNullable<ClusterRow['resources']>,
  each: Amounts,
  reserved: readonly Reservation[],
): Load {
  const uses = [
    { ...cpus, each: each.cpus, taken: cpus.requested + reservedOf(reserved, 'cpus') },
    { ...memoryGiB, each: each.memoryGiB, taken: memoryGiB.requested + reservedOf(reserved, 'memoryGiB') },
  ]
  const steps = Array.from({ length: bands + 1 }, (_, band) => {
    const edge = targetUtilisation + ((1 - targetUtilisation) * band) / bands
    const upTo = band === bands ? Number.POSITIVE_INFINITY : Math.min(...uses.map((use) => replicasUpTo(edge, use)))
    return { penalty: (band / bands) ** 2, upTo }
  })
  return {
    steps,
    next: steps.find(({ upTo }) => upTo >= 1)?.penalty ?? 0,
    hash: steps.reduce((hash, { upTo }) => combine(hash, hashNumber(upTo)), 0),
  }
}

interface Use {
  readonly allocatable: number
  readonly taken: number
  /** Of one replica. */
  readonly each: number
}

/** Rounding must not cost a replica. */
const slack = 1e-9

function replicasUpTo(edge: number, { allocatable, taken, each }: Use): number {
  const left = edge * allocatable - taken
  if (each > 0) return Math.floor(left / each + slack)
  return left >= -slack ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

function reservedOf(reserved: readonly Reservation[], amount: 'cpus' | 'memoryGiB'): number {
  return reserved.reduce((sum, { replicas, requirements }) => sum + replicas * amountsOf(requirements)[amount], 0)
}
