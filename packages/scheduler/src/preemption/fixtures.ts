// Nodes with tenants for tests.
import { parseQuantity } from '@flotilla/machinery/quantity'
import { toPodRequest } from '../fit.ts'
import type { Host } from './freed.ts'

export interface NodeSketch {
  readonly free: number
  /** Pod slots that are free. */
  readonly slots: number
  /** CPUs of each pod, by key of its workload. */
  readonly tenants: Readonly<Record<string, readonly number[]>>
  readonly pool?: string
  readonly isOpen?: boolean
}

export const askingCpu = (cpu: number) => ({ resourceRequest: { cpu: String(cpu) } })

export function aHost({ free, slots, tenants, pool = 'any', isOpen = true }: NodeSketch): Host {
  return {
    free: new Map([
      ['cpu', parseQuantity(free)],
      ['pods', parseQuantity(slots)],
    ]),
    labels: { pool },
    taints: [],
    count: 1,
    isOpen,
    tenants: new Map(
      Object.entries(tenants).map(([key, cpus]) => [key, cpus.map((cpu) => toPodRequest(askingCpu(cpu)))]),
    ),
  }
}
