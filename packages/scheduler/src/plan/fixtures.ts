// Works and clusters with nodes for tests, with overrides.
import { parseQuantity } from '@flotilla/machinery/quantity'
import { aClusterRow, aRequest } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { Work } from './fleet.ts'

/** A Deployment `shop/NAME` under the policy of its name. */
export function aWork(name: string, request: Partial<ScheduleRequest> = {}, overrides: Partial<Work> = {}): Work {
  return {
    key: `shop/${name}`,
    workload: { kind: 'Deployment', namespace: 'shop', name },
    policy: { kind: 'PropagationPolicy', namespace: 'shop', name },
    priority: 0,
    createdAt: '2026-01-01T00:00:00Z',
    isNew: false,
    request: aRequest({ templateUID: `uid-${name}`, isGrowthReady: true, ...request }),
    unready: new Map(),
    ...overrides,
  }
}

/** A cluster with a node for each of `cpus`, that many free on each. */
export function withNodes(name: string, cpus: readonly number[], overrides: Partial<ClusterRow> = {}): ClusterRow {
  const shapes = cpus.map((cpu) => ({
    free: new Map([
      ['cpu', parseQuantity(cpu)],
      ['pods', parseQuantity(110)],
    ]),
    labels: {},
    taints: [],
    count: 1,
  }))
  return aClusterRow({ name, shapes, ...overrides })
}

/** What a replica asks for that needs so many CPUs. */
export function asking(cpu: number): Pick<ScheduleRequest, 'requirements'> {
  return { requirements: { resourceRequest: { cpu: String(cpu) } } }
}
