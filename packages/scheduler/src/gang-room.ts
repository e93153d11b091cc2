// How often gangs of pods that differ fit kinds of nodes as a whole.
import { fitOnNode, isEligible, toPodRequest } from './fit.ts'
import { take } from './occupy.ts'
import { packExactly } from './pack-exactly.ts'
import type { Part } from './requirements.ts'
import type { ShapeRow } from './snapshot.ts'

/**
 * How many whole gangs fit `shapes` at once. Never more than could: each number is found by giving every pod a node.
 * Where few pods and nodes are to be tried it is the most there could be, else it may be less. Infinity: nothing bounds.
 */
export function gangsThatFit(shapes: readonly ShapeRow[], parts: readonly Part[]): number {
  const ordered = scarcestFirst(shapes, parts)
  const most = Math.min(...ordered.slice(0, 1).map((part) => gangsOfPart(shapes, part)))
  if (most === 0 || most === Number.POSITIVE_INFINITY) return most
  let gangs = bisect(most, (some) => packGangs(shapes, ordered, some).unplaced === 0)
  while (gangs < most && packExactly(shapes, ordered, gangs + 1)) gangs += 1
  return gangs
}

/** What is left once so many gangs have their room, as they are packed to tell how many fit. */
export function occupyByGangs(shapes: readonly ShapeRow[], parts: readonly Part[], gangs: number): readonly ShapeRow[] {
  return packGangs(shapes, scarcestFirst(shapes, parts), gangs).shapes
}

function scarcestFirst(shapes: readonly ShapeRow[], parts: readonly Part[]): readonly Part[] {
  return parts
    .map((part) => ({ part, gangs: gangsOfPart(shapes, part) }))
    .sort((one, other) => (one.gangs === other.gangs ? 0 : one.gangs - other.gangs))
    .map(({ part }) => part)
}

/** Were the part alone. */
function gangsOfPart(shapes: readonly ShapeRow[], { pods, requirements }: Part): number {
  return Math.floor(podsThatFit(shapes, requirements) / pods)
}

/** Pods that are alike. */
export function podsThatFit(shapes: readonly ShapeRow[], requirements: Part['requirements']): number {
  const request = toPodRequest(requirements)
  let pods = 0
  for (const shape of shapes) {
    if (shape.count > 0 && isEligible(shape, requirements?.nodeClaim)) pods += shape.count * fitOnNode(shape, request)
  }
  return pods
}

/** The largest number up to `most` that bisection finds `fits` for; 0: none. */
function bisect(most: number, fits: (gangs: number) => boolean): number {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

interface Packed {
  readonly shapes: readonly ShapeRow[]
  /** Pods that found no node. */
  readonly unplaced: number
}

/** Part by part, each on the nodes that it leaves least of: large ones stay whole for what comes after. */
function packGangs(shapes: readonly ShapeRow[], parts: readonly Part[], gangs: number): Packed {
  let packed: Packed = { shapes, unplaced: 0 }
  for (const part of parts) {
    const { shapes: left, unplaced } = packPods(packed.shapes, part, gangs * part.pods)
    packed = { shapes: left, unplaced: packed.unplaced + unplaced }
  }
  return packed
}

function packPods(shapes: readonly ShapeRow[], { requirements }: Part, pods: number): Packed {
  const request = toPodRequest(requirements)
  const fits = shapes
    .map((shape) => ({ shape, fit: isEligible(shape, requirements?.nodeClaim) ? fitOnNode(shape, request) : 0 }))
    .sort((one, other) => one.fit - other.fit)
  let unplaced = pods
  const left = fits.flatMap(({ shape, fit }) => {
    if (unplaced === 0 || fit <= 0 || shape.count === 0) return [shape]
    const taken = Math.min(unplaced, fit * shape.count)
    unplaced -= taken
    return fit === Number.POSITIVE_INFINITY ? [shape] : take(shape, request, fit, taken)
  })
  return { shapes: left, unplaced }
}
