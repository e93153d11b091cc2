// Free room and requests in whole units: what is free is rounded down, what is asked for up.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import type { Quantity } from '@flotilla/machinery/quantity'
import { toPodRequest } from '../fit.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow } from '../snapshot.ts'

/** More than any cluster has, and sums of it stay exact. */
const unbounded = 2 ** 45

/** Resources that any of the workloads asks for, and pods. */
export function resourcesOf(requests: readonly ScheduleRequest[]): readonly string[] {
  const names = requests.flatMap(({ requirements }) => toPodRequest(requirements).map(([name]) => name))
  return [...new Set(['pods', ...names])].sort()
}

/** Of one replica. */
export function requestUnits(
  requirements: ReplicaRequirements | undefined,
  resources: readonly string[],
): readonly number[] {
  const asked = new Map(toPodRequest(requirements))
  return resources.map((name) => {
    const quantity = asked.get(name)
    if (quantity === undefined) return name === 'pods' ? 1 : 0
    return Number((quantity.nanos + unitOf(name) - 1n) / unitOf(name))
  })
}

/** On all nodes together; nothing where nothing is known. A node that says nothing of pods takes any number. */
export function freeUnits({ shapes = [] }: ClusterRow, resources: readonly string[]): readonly number[] {
  return resources.map((name) => {
    const each = (free: Quantity | undefined) =>
      free === undefined ? (name === 'pods' ? unbounded : 0) : Math.max(0, Number(free.nanos / unitOf(name)))
    return Math.min(
      unbounded,
      shapes.reduce((sum, { free, count }) => sum + count * each(free.get(name)), 0),
    )
  })
}

/** In thousand-millionths: a thousandth of a processor, 1 KiB of what is counted in bytes, else one. */
function unitOf(name: string): bigint {
  if (name === 'cpu') return 1_000_000n
  return name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')
    ? 1_024_000_000_000n
    : 1_000_000_000n
}
