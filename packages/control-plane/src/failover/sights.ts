// Which workloads are on which cluster, and what failover has moved where: found by one look at all bindings. Pure.
import type { Eviction } from '@flotilla/api/resource-binding'
import { isGrowing } from '@flotilla/scheduler/holding'
import { compareTurns } from '@flotilla/scheduler/order'
import type { Binding } from '../hub.ts'
import { turnOf } from '../turn.ts'

export interface Sights {
  /** By cluster id, those that have something there and are not evicted: in the order in which they are moved. */
  readonly placed: ReadonlyMap<string, readonly Binding[]>
  /** By cluster id. */
  readonly evicted: ReadonlyMap<string, readonly { readonly binding: Binding; readonly eviction: Eviction }[]>
  /** By cluster id: workloads that failover has growing there. */
  readonly arriving: Map<string, number>
  /** By cluster id: workloads of any kind of move that are growing there. */
  readonly growing: ReadonlyMap<string, number>
}

export function lookAt(bindings: readonly Binding[]): Sights {
  const placed = new Map<string, Binding[]>()
  const evicted = new Map<string, { binding: Binding; eviction: Eviction }[]>()
  const arriving = new Map<string, number>()
  const growing = new Map<string, number>()
  for (const binding of bindings) {
    const { decision, evictions = [] } = binding.spec
    const away = new Set(evictions.map(({ id }) => id))
    for (const eviction of evictions) push(evicted, eviction.id, { binding, eviction })
    for (const entry of decision?.clusters ?? []) {
      if (entry.replicas !== 0 && !away.has(entry.id)) push(placed, entry.id, binding)
      if (!isGrowing(entry)) continue
      growing.set(entry.id, (growing.get(entry.id) ?? 0) + 1)
      if (evictions.length > 0) arriving.set(entry.id, (arriving.get(entry.id) ?? 0) + 1)
    }
  }
  return { placed, evicted, arriving, growing }
}

/** Most important first, then the oldest. */
export function inTurn(bindings: readonly Binding[]): readonly Binding[] {
  return bindings
    .map((binding) => ({ binding, turn: turnOf(binding) }))
    .sort((left, right) => compareTurns(left.turn, right.turn))
    .map(({ binding }) => binding)
}

function push<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}
