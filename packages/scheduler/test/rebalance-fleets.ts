// Fleets for tests of the rebalancer.
import fc from 'fast-check'
import type { Assignment } from '../src/rebalance/assignment.ts'
import { type ClusterInput, createProblem, type Problem, type WorkloadInput } from '../src/rebalance/problem.ts'

/** Per workload what it asks of the one resource, its priority, and per cluster `cost` and what runs there. */
export interface Given {
  readonly rooms: Readonly<Record<string, number>>
  readonly workloads: Readonly<Record<string, GivenWorkload>>
}

interface GivenWorkload {
  readonly replicas: number
  readonly request?: number
  readonly priority?: number
  readonly on: Readonly<
    Record<string, { readonly cost: number; readonly runs?: number; readonly max?: number; readonly min?: number }>
  >
}

export function toProblem({ rooms, workloads }: Given): Problem {
  return createProblem(
    Object.entries(workloads).map(([id, { replicas, request = 1, priority = 0, on }]): WorkloadInput => ({
      id,
      replicas,
      request: [request],
      priority,
      options: Object.entries(on).map(([cluster, { cost, runs = 0, min = 0, max = replicas }]) => ({
        cluster,
        cost,
        current: runs,
        min,
        max,
      })),
    })),
    Object.entries(rooms).map(([id, room]): ClusterInput => ({ id, capacity: [room] })),
  )
}

/** `{ WORKLOAD: { CLUSTER: replicas } }` without zeros. */
export function placementOf({
  problem,
  replicas,
}: Assignment): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const placement: Record<string, Record<string, number>> = {}
  for (const [option, count] of replicas.entries()) {
    const workload = problem.workloads[problem.workload[option] ?? 0] ?? ''
    const cluster = problem.clusters[problem.cluster[option] ?? 0] ?? ''
    if (count > 0) (placement[workload] ??= {})[cluster] = count
  }
  return placement
}

interface Size {
  readonly clusters: number
  readonly workloads: number
  readonly replicas: number
}

interface Fleet {
  readonly workloads: readonly WorkloadInput[]
  readonly clusters: readonly ClusterInput[]
}

/** Fleets of two resources, from empty to overfull, some of it running where there is room and some where there is none. */
export function fleets({ clusters, workloads, replicas }: Size): fc.Arbitrary<Fleet> {
  const room = fc.tuple(fc.integer({ min: 0, max: replicas * 5 }), fc.integer({ min: 0, max: replicas * 5 }))
  const option = fc.record({
    isOpen: fc.boolean(),
    cost: fc.integer({ min: 0, max: 9 }),
    current: fc.integer({ min: 0, max: replicas }),
    pinned: fc.integer({ min: 0, max: 1 }),
    spare: fc.integer({ min: 0, max: replicas }),
  })
  const workload = fc.record({
    replicas: fc.integer({ min: 0, max: replicas }),
    request: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 })),
    priority: fc.integer({ min: 0, max: 2 }),
    options: fc.array(option, { minLength: clusters, maxLength: clusters }),
  })
  return fc.record({
    clusters: fc
      .array(room, { minLength: clusters, maxLength: clusters })
      .map((rooms) => rooms.map((capacity, at) => ({ id: `c${at}`, capacity }))),
    workloads: fc.array(workload, { minLength: 1, maxLength: workloads }).map((all) =>
      all.map(({ replicas: wanted, request, priority, options }, index): WorkloadInput => {
        let left = wanted
        const used = options.flatMap(({ isOpen, cost, current, pinned, spare }, at) => {
          if (!isOpen) return []
          const runs = Math.min(current, left)
          left -= runs
          return [
            {
              cluster: `c${at}`,
              cost,
              current: runs,
              min: Math.min(runs, pinned),
              max: Math.min(wanted, runs + spare),
            },
          ]
        })
        return { id: `w${index}`, replicas: wanted, request, priority, options: used }
      }),
    ),
  })
}
