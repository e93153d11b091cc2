// How often gangs of pods that differ fit kinds of nodes as a whole.
import { roomOn } from './fit.ts'
import { occupy } from './occupy.ts'
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
  let gangs = bisect(most, (some) => isPacked(shapes, ordered, some))
  while (gangs < most && packExactly(shapes, ordered, gangs + 1)) gangs += 1
  return gangs
}

function scarcestFirst(shapes: readonly ShapeRow[], parts: readonly Part[]): readonly Part[] {
  return parts
    .map((part) => ({ part, gangs: gangsOfPart(shapes, part) }))
    .sort((one, other) => (one.gangs === other.gangs ? 0 : one.gangs - other.gangs))
    .map(({ part }) => part)
}

/** Were the part alone. */
function gangsOfPart(shapes: readonly ShapeRow[], { pods, requirements }: Part): number {
  return Math.floor(roomOn(shapes, requirements) / pods)
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

/** Part by part, each on the nodes that it leaves least of: large ones stay whole for what comes after. */
function isPacked(shapes: readonly ShapeRow[], parts: readonly Part[], gangs: number): boolean {
  let left = shapes
  for (const { pods, requirements } of parts) {
    const occupied = occupy(left, { replicas: gangs * pods, ...(requirements && { requirements }) }, 'Tightest')
    if (occupied.unseated > 0) return false
    left = occupied.shapes
  }
  return true
}
