// What is left of kinds of nodes once replicas of several sizes have taken their room: never more than some packing of
// all of them leaves.
import { compareText, type ShapeRow } from './snapshot.ts'
import { fitOnNode, isEligible, requestKey, roomOn, toPodRequest } from './fit.ts'
import { occupy, type Order, type Reservation } from './occupy.ts'

/**
 * Replicas that would find no room even alone hold none. Where the others are not seen to fit together, nothing is left of
 * the nodes that they contend for: on another packing than those tried, each of them might have any of these.
 */
export function seatAll(shapes: readonly ShapeRow[], reserved: readonly Reservation[]): readonly ShapeRow[] {
  const [only] = reserved
  if (only === undefined) return shapes
  if (reserved.length === 1) return occupy(shapes, only).shapes
  const seekers = seekersOf(shapes, reserved)
  const tried = orders.map((order) => seat(shapes, seekers, order))
  const whole = tried.find(({ unseated }) => unseated.size === 0)
  const fewest = tried.reduce((one, other) => (other.unseated.size < one.unseated.size ? other : one))
  if (whole !== undefined) return whole.shapes
  const contending = contenders(seekers, fewest.unseated)
  const others = seekers.filter((seeker) => !contending.has(seeker))
  const uncontested = shapes.filter((shape) => ![...contending].some(({ hosts }) => hosts.has(shape)))
  return seat(uncontested, others, fewest.order).shapes
}

const orders: readonly Order[] = ['Widest', 'Tightest']

interface Seeker extends Reservation {
  /** Kinds of nodes that may take one of them while nothing is reserved. */
  readonly hosts: ReadonlySet<ShapeRow>
  /** How many fit alone. */
  readonly room: number
}

/** Those of which fewest fit first, whatever the order in which they were reserved. */
function seekersOf(shapes: readonly ShapeRow[], reserved: readonly Reservation[]): readonly Seeker[] {
  return reserved
    .map((each): Seeker => {
      const room = roomOn(shapes, each.requirements)
      return { ...each, replicas: Math.min(each.replicas, room), room, hosts: hostsOf(shapes, each) }
    })
    .filter(({ replicas }) => replicas > 0)
    .sort(
      (one, other) =>
        (one.room === other.room ? 0 : one.room - other.room) ||
        compareText(requestKey(one.requirements), requestKey(other.requirements)),
    )
}

function hostsOf(shapes: readonly ShapeRow[], { requirements }: Reservation): ReadonlySet<ShapeRow> {
  const request = toPodRequest(requirements)
  return new Set(shapes.filter((shape) => isEligible(shape, requirements?.nodeClaim) && fitOnNode(shape, request) > 0))
}

interface Seated {
  readonly order: Order
  readonly shapes: readonly ShapeRow[]
  readonly unseated: ReadonlySet<Seeker>
}

function seat(shapes: readonly ShapeRow[], seekers: readonly Seeker[], order: Order): Seated {
  let left = shapes
  const unseated = new Set<Seeker>()
  for (const seeker of seekers) {
    const occupied = occupy(left, seeker, order)
    left = occupied.shapes
    if (occupied.unseated > 0) unseated.add(seeker)
  }
  return { order, shapes: left, unseated }
}

/** Those without a seat, and all who share a node with one of them, directly or over others. */
function contenders(seekers: readonly Seeker[], unseated: ReadonlySet<Seeker>): ReadonlySet<Seeker> {
  const found = new Set(unseated)
  for (const { hosts } of found) {
    for (const other of seekers) if (!found.has(other) && !other.hosts.isDisjointFrom(hosts)) found.add(other)
  }
  return found
}
