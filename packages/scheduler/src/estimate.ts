// How many replicas would fit a cluster's free room now.
import { requestKey, roomOn } from './fit.ts'
import { gangsThatFit } from './gang-room.ts'
import { podsOf, type Reservation } from './occupy.ts'
import type { Requirements } from './requirements.ts'
import { seatAll } from './seat-all.ts'
import type { ClusterRow, ShapeRow } from './snapshot.ts'

/** By kinds of node, then by what a replica asks for; emptied when workloads ask for very many different things. */
const rooms = new WeakMap<readonly ShapeRow[], Map<string, number>>()
const mostRequests = 256

/**
 * Σ over kinds of node of count · ⌊free / request⌋, pod slots included, after `reserved` have taken their room.
 * Infinity: nothing bounds it. Undefined: unknown.
 */
export function freeRoom(
  { shapes }: ClusterRow,
  requirements: Requirements | undefined,
  reserved: readonly Reservation[] = [],
): number | undefined {
  if (shapes === undefined) return undefined
  const left = unreserved(shapes, reserved)
  const known = rooms.get(left) ?? new Map<string, number>()
  const key = requestKey(requirements)
  const room = known.get(key) ?? roomFor(left, requirements)
  if (known.size >= mostRequests) known.clear()
  rooms.set(left, known.set(key, room))
  return room
}

const roomsOfAll = new WeakMap<readonly ClusterRow[], Map<string, readonly (number | undefined)[]>>()

/** `freeRoom` of each where nothing is reserved, in their order: found once for all that ask for the same. */
export function freeRooms(
  clusters: readonly ClusterRow[],
  requirements: Requirements | undefined,
): readonly (number | undefined)[] {
  const known = roomsOfAll.get(clusters) ?? new Map<string, readonly (number | undefined)[]>()
  const key = requestKey(requirements)
  const all = known.get(key) ?? clusters.map((cluster) => freeRoom(cluster, requirements))
  if (known.size >= mostRequests) known.clear()
  roomsOfAll.set(clusters, known.set(key, all))
  return all
}

function roomFor(shapes: readonly ShapeRow[], requirements: Requirements | undefined): number {
  const parts = requirements?.parts
  return parts === undefined ? roomOn(shapes, requirements) : gangsThatFit(shapes, parts)
}

const subtracted = new WeakMap<readonly Reservation[], { shapes: readonly ShapeRow[]; left: readonly ShapeRow[] }>()

/** A list of reservations is immutable, so it is subtracted once however many workloads ask. */
function unreserved(shapes: readonly ShapeRow[], reserved: readonly Reservation[]): readonly ShapeRow[] {
  if (reserved.length === 0) return shapes
  const entry = subtracted.get(reserved)
  if (entry?.shapes === shapes) return entry.left
  const left = seatAll(shapes, reserved.flatMap(podsOf))
  subtracted.set(reserved, { shapes, left })
  return left
}

const most = 2 ** 31 - 1

/** As a whole number that the API can hold; undefined: unknown, or without bound. */
export function estimateReplicas(
  cluster: ClusterRow,
  requirements: Requirements | undefined,
  reserved?: readonly Reservation[],
): number | undefined {
  const room = freeRoom(cluster, requirements, reserved)
  return room === undefined || !Number.isFinite(room) ? undefined : Math.min(room, most)
}
