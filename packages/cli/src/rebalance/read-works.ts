// Every binding of the hub as the scheduler is asked about it, and the clusters with their costs.
import { fleetOf } from '@flotilla/control-plane/what-if/fleet-of'
import { readHub } from '@flotilla/control-plane/what-if/read-hub'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf } from '@flotilla/machinery/object'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import { createSnapshot, type Snapshot } from '@flotilla/scheduler/snapshot'
import type { Binding } from '@flotilla/control-plane/hub'

export interface WorksReading {
  readonly works: readonly Work[]
  readonly snapshot: Snapshot
  /** By the key of their work. */
  readonly bindings: ReadonlyMap<string, Binding>
}

/** Bindings whose policy has gone are left out: nothing is decided for them. `now`: milliseconds since 1970. */
export async function readWorks(hub: KubeApi, now: number): Promise<WorksReading> {
  const reading = await readHub(hub, [])
  const { clusters, book, works, prepareNeighbours } = fleetOf(reading, reading.state, now)
  const neighbours = prepareNeighbours?.()
  for (const { key, request } of works) neighbours?.tell(key, request.previous)
  const bindings = new Map(reading.state.bindings.map((binding) => [keyOf(binding.metadata), binding]))
  const never = new Set(
    reading.state.policies.filter(({ spec }) => spec.reschedule?.mode === 'Never').map(({ metadata }) => metadata.uid),
  )
  return {
    works: works.flatMap(({ key, policy, priority, request }) => {
      const beside = neighbours?.of(key)
      return policy === undefined
        ? []
        : [{ key, priority, request: { ...request, ...(beside && { neighbours: beside }) }, ...keptOf(key) }]
    }),
    snapshot: createSnapshot(clusters, book),
    bindings,
  }

  function keptOf(key: string): Pick<Work, 'kept'> {
    const uid = bindings.get(key)?.spec.policy?.uid
    return never.has(uid) ? { kept: 'never moved, by reschedule of its policy' } : {}
  }
}
