// What is left of kinds of nodes once a reservation has its room.
import { occupyByGangs } from './gang-room.ts'
import { occupy, type Reservation } from './occupy.ts'
import type { ShapeRow } from './snapshot.ts'

export function reserve(shapes: readonly ShapeRow[], reservation: Reservation): readonly ShapeRow[] {
  const parts = reservation.requirements?.parts
  return parts === undefined ? occupy(shapes, reservation) : occupyByGangs(shapes, parts, reservation.replicas)
}
