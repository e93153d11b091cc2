// What a replica asks for and what nodes have free, in numbers.
import { compareQuantity, formatQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { isEligible, roomOn, toPodRequest } from './fit.ts'
import type { ScheduleRequest } from './request.ts'
import type { Part, Requirements } from './requirements.ts'
import type { ClusterRow, ShapeRow } from './snapshot.ts'

/** E.g. `cpu 500m, memory 1Gi, pods 1`; of a gang `1 head (cpu 1, pods 1) and 4 workers (cpu 8, pods 1)`. */
export function describeNeed(requirements: Requirements | undefined): string {
  if (requirements?.parts !== undefined) {
    return requirements.parts
      .map((part) => `${part.pods} ${part.name} (${describeNeed(part.requirements)})`)
      .join(' and ')
  }
  const asked = toPodRequest(requirements).map(([name, quantity]) => `${name} ${formatQuantity(quantity)}`)
  return [...asked, 'pods 1'].join(', ')
}

/** Of a cluster whose kinds of nodes are known. */
export function describeRoom(cluster: ClusterRow, { requirements }: ScheduleRequest): string {
  return requirements?.parts === undefined
    ? describeRoomForPods(cluster, requirements)
    : describeRoomForGang(cluster, requirements.parts)
}

function describeRoomForGang({ shapes = [] }: ClusterRow, parts: readonly Part[]): string {
  const alone = parts.map(
    (part) => `${Math.min(part.pods, roomOn(shapes, part.requirements))} of ${part.pods} ${part.name}`,
  )
  return `all of ${describeNeed({ parts })} have to fit at once; alone would ${alone.join(', ')}`
}

function describeRoomForPods({ shapes = [] }: ClusterRow, requirements: Requirements | undefined): string {
  const eligible = shapes.filter((shape) => isEligible(shape, requirements?.nodeClaim))
  const nodes = countNodes(shapes)
  const asked = `a replica asks for ${describeNeed(requirements)}`
  if (countNodes(eligible) === 0) return `${asked}; none of ${nodes} nodes is one that it may run on`
  const names = [...toPodRequest(requirements).map(([name]) => name), 'pods']
  const free = names.map((name) => `${name} ${mostFree(name, eligible)}`).join(', ')
  return `${asked}; most free on one of ${countNodes(eligible)} nodes: ${free}`
}

function countNodes(shapes: readonly ShapeRow[]): number {
  return shapes.reduce((total, { count }) => total + count, 0)
}

function mostFree(resource: string, shapes: readonly ShapeRow[]): string {
  const all = shapes.flatMap(({ free, count }) => (count > 0 ? (free.get(resource) ?? []) : []))
  const most = all.reduce<Quantity | undefined>(
    (best, one) => (best === undefined || compareQuantity(one, best) > 0 ? one : best),
    undefined,
  )
  return most === undefined ? '0' : formatQuantity(most)
}
