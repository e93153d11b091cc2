// Whether pods of several sizes fit a few nodes at all: tries every way, where there are few to try.
import { compareQuantity, type Quantity, subtractQuantity } from '@flotilla/machinery/quantity'
import { isEligible, type PodRequest, toPodRequest } from './fit.ts'
import { onePod } from './occupy.ts'
import type { Part } from './requirements.ts'
import type { ShapeRow } from './snapshot.ts'

/** Of more pods or nodes not every way is tried. */
const mostPods = 10
const mostNodes = 8
/** Nodes looked at before it gives up. */
const mostSteps = 20_000

interface Pod {
  readonly part: Part
  readonly request: PodRequest
}

/** False where they do not fit, or where there is too much to try. */
export function packExactly(shapes: readonly ShapeRow[], parts: readonly Part[], gangs: number): boolean {
  const count = gangs * parts.reduce((sum, { pods }) => sum + pods, 0)
  const nodes = shapes.reduce((sum, shape) => sum + shape.count, 0)
  if (count > mostPods || nodes > mostNodes) return false
  const pods = parts.flatMap((part) => {
    const request = [...toPodRequest(part.requirements), ['pods', onePod] as const]
    return Array.from({ length: gangs * part.pods }, (): Pod => ({ part, request }))
  })
  const free = shapes.flatMap((shape) => Array.from({ length: shape.count }, () => ({ shape, free: shape.free })))
  let steps = 0
  return place(0, 0)

  /** Pods of one part are alike, so each goes to the node of the one before it or to a later one. */
  function place(at: number, from: number): boolean {
    const pod = pods[at]
    if (pod === undefined) return true
    for (let index = from; index < free.length; index += 1) {
      steps += 1
      const node = free[index]
      if (steps > mostSteps || node === undefined) return false
      const left = isEligible(node.shape, pod.part.requirements?.nodeClaim) ? take(node.free, pod.request) : undefined
      if (left === undefined) continue
      free[index] = { ...node, free: left }
      if (place(at + 1, pods[at + 1]?.part === pod.part ? index : 0)) return true
      free[index] = node
    }
    return false
  }
}

/** What is left of a node; undefined: the pod does not fit. A node that says nothing of pods takes any number. */
function take(free: ShapeRow['free'], request: PodRequest): ShapeRow['free'] | undefined {
  const left = new Map<string, Quantity>(free)
  for (const [name, quantity] of request) {
    const room = left.get(name)
    if (room === undefined && name === 'pods') continue
    if (room === undefined || compareQuantity(room, quantity) < 0) return undefined
    left.set(name, subtractQuantity(room, quantity))
  }
  return left
}
