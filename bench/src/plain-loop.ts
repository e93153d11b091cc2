// The reference of decisions: the loop that anybody would write.
import { parseQuantity } from '@flotilla/machinery/quantity'
import type { ShapeRow, Snapshot } from '@flotilla/scheduler/snapshot'
import { replicas, requirements } from './wide-fleet.ts'

/** What nobody would be proud of and anybody would write: filter, estimate, sort, take in proportion. */
export function decideNaively(index: number, { clusters }: Snapshot): ReadonlyMap<string, number> {
  const request = Object.entries(requirements[index % requirements.length]?.resourceRequest ?? {}).map(
    ([name, quantity]) => [name, parseQuantity(quantity)] as const,
  )
  const fits = clusters.filter(
    (cluster) =>
      cluster.ready &&
      !cluster.suspended &&
      !cluster.deleting &&
      cluster.kinds?.has('apps/Deployment') &&
      cluster.labels['tier'] === 'production' &&
      cluster.taints.every(({ key }) => key === 'maintenance'),
  )
  const rooms = fits.map((cluster) => ({ cluster, room: roomOn(cluster.shapes ?? [], request) }))
  const total = rooms.reduce((sum, { room }) => sum + room, 0)
  const shares = rooms
    .map(({ cluster, room }) => ({ cluster, exact: total === 0 ? 0 : (replicas * room) / total }))
    .sort((one, other) => (other.exact % 1) - (one.exact % 1))
  let left = replicas - shares.reduce((sum, { exact }) => sum + Math.floor(exact), 0)
  return new Map(shares.map(({ cluster, exact }) => [cluster.id, Math.floor(exact) + (left-- > 0 ? 1 : 0)]))
}

function roomOn(shapes: readonly ShapeRow[], request: readonly (readonly [string, { readonly nanos: bigint }])[]) {
  return shapes.reduce((sum, { free, count }) => {
    const each = request.map(([name, { nanos }]) => Number((free.get(name)?.nanos ?? 0n) / nanos))
    return sum + count * Math.min(40, ...each)
  }, 0)
}
