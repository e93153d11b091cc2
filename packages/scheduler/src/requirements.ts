// What one replica needs: a pod, or a gang of pods that differ.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { addQuantity, formatQuantity, multiplyQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { toPodRequest } from './fit.ts'

/** Pods that are alike; they need not be on one node. */
export interface Part {
  readonly name: string
  /** At least 1. */
  readonly pods: number
  readonly requirements?: ReplicaRequirements
}

/** Of a gang `resourceRequest` is the sum of its parts: what it costs, not where it fits. */
export interface Requirements extends ReplicaRequirements {
  readonly parts?: readonly Part[]
}

/** Of all `parts` together. */
export function gangOf(parts: readonly Part[]): Requirements {
  const sum = new Map<string, Quantity>()
  for (const { pods, requirements } of parts) {
    for (const [name, quantity] of toPodRequest(requirements)) {
      const all = multiplyQuantity(quantity, pods)
      const before = sum.get(name)
      sum.set(name, before === undefined ? all : addQuantity(before, all))
    }
  }
  const resourceRequest = Object.fromEntries([...sum].map(([name, quantity]) => [name, formatQuantity(quantity)]))
  return { parts, resourceRequest }
}
