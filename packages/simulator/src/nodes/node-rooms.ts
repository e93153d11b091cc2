// Who runs where and what is left, kept up as pods and nodes come and go.
import type { Node, Pod } from '../kinds.ts'
import { isFinished } from '../pod.ts'
import type { NodeRoom } from './node-fit.ts'
import { amountsOf, podRequest, type Amounts } from './pod-request.ts'

interface Room extends NodeRoom {
  readonly used: Map<string, number>
}

export class NodeRooms {
  readonly #rooms = new Map<string, Room>()
  /** By pod key: so that hearing twice of a pod counts it once. */
  readonly #places = new Map<string, { readonly node: string; readonly request: Amounts }>()
  /** Of nodes that pods were bound to before the node was seen. */
  readonly #usedBefore = new Map<string, Map<string, number>>()

  get size(): number {
    return this.#rooms.size
  }

  all(): Iterable<NodeRoom> {
    return this.#rooms.values()
  }

  setNode(node: Node): void {
    const { name } = node.metadata
    const used = this.#rooms.get(name)?.used ?? this.#usedBefore.get(name) ?? new Map<string, number>()
    this.#usedBefore.delete(name)
    this.#rooms.set(name, { node, used, allocatable: amountsOf(node.status?.allocatable) })
  }

  removeNode(name: string): void {
    const room = this.#rooms.get(name)
    this.#rooms.delete(name)
    if (room !== undefined) this.#usedBefore.set(name, room.used)
  }

  /** Takes note of a pod; true when that made room. */
  setPod(key: string, pod: Pod | undefined): boolean {
    if (pod?.spec.nodeName !== undefined && pod.spec.nodeName !== '' && !isFinished(pod)) {
      this.place(key, pod.spec.nodeName, podRequest(pod))
      return false
    }
    // A pod that is being bound is not yet known to be; only its end makes room.
    return pod === undefined || isFinished(pod) ? this.free(key) : false
  }

  place(key: string, node: string, request: Amounts): void {
    if (this.#places.get(key)?.node === node) return
    this.free(key)
    this.#places.set(key, { node, request })
    this.#count(node, request, 1)
  }

  /** True when the pod had a place. */
  free(key: string): boolean {
    const place = this.#places.get(key)
    if (place === undefined) return false
    this.#places.delete(key)
    this.#count(place.node, place.request, -1)
    return true
  }

  #count(node: string, request: Amounts, sign: 1 | -1): void {
    const used = this.#rooms.get(node)?.used ?? this.#usedBefore.get(node) ?? new Map<string, number>()
    if (!this.#rooms.has(node)) this.#usedBefore.set(node, used)
    for (const [name, amount] of request) used.set(name, (used.get(name) ?? 0) + sign * amount)
  }
}
