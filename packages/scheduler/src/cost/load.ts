// What a replica costs by how full it makes its cluster: nothing up to a target, then with the square of what is above.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import type { Reservation } from '../occupy.ts'
import type { ClusterRow } from '../snapshot.ts'
import { amountsOf } from './amounts.ts'

export interface LoadStep {
  /** 0 at the target or below, 1 where the cluster is full. */
  readonly penalty: number
  /** So many replicas more than now have at most that penalty; negative: so many fewer. Of the last step Infinity. */
  readonly upTo: number
}

/** Utilisation above which a replica costs something: what is free below takes rollouts and failed nodes. */
export const targetUtilisation = 0.7
const bands = 10

/**
 * Rising steps of the penalty of the next replicas, of the fuller of CPU and memory: requested and `reserved`, of
 * what ready nodes offer. Undefined: not known.
 */
export function loadSteps(
  { resources }: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  reserved: readonly Reservation[] = [],
): readonly LoadStep[] | undefined {
  if (resources === undefined) return undefined
  const { cpus, memoryGiB } = amountsOf(requirements)
  const uses = [
    { ...resources.cpus, each: cpus, taken: resources.cpus.requested + reservedOf(reserved, 'cpus') },
    {
      ...resources.memoryGiB,
      each: memoryGiB,
      taken: resources.memoryGiB.requested + reservedOf(reserved, 'memoryGiB'),
    },
  ]
  return Array.from({ length: bands + 1 }, (_, band) => {
    const edge = targetUtilisation + ((1 - targetUtilisation) * band) / bands
    const upTo = band === bands ? Number.POSITIVE_INFINITY : Math.min(...uses.map((use) => replicasUpTo(edge, use)))
    return { penalty: (band / bands) ** 2, upTo }
  })
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
