// What a pod asks of a node. Pure.
import { addQuantity, compareQuantity, formatQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import type { Quantity } from '@flotilla/machinery/quantity'
import { asDict, asDicts } from '@flotilla/machinery/untyped'
import type { Dict } from '@flotilla/machinery/untyped'

/**
 * The request of a pod as kube-scheduler counts it: the containers and sidecars (init containers that restart always)
 * added up, or the largest init container with the sidecars before it, whichever is more, plus the pod's overhead.
 * Source: `PodRequests` in k8s.io/component-helpers/resource.
 */
export function podRequest(podSpec: Dict): Readonly<Record<string, string>> {
  let running = asDicts(podSpec['containers']).map(requestOf).reduce(add, {})
  let sidecars: Request = {}
  let peak: Request = {}
  for (const init of asDicts(podSpec['initContainers'])) {
    if (init['restartPolicy'] === 'Always') {
      running = add(running, requestOf(init))
      sidecars = add(sidecars, requestOf(init))
      peak = larger(peak, sidecars)
    } else {
      peak = larger(peak, add(sidecars, requestOf(init)))
    }
  }
  const total = add(larger(running, peak), quantities(podSpec['overhead']))
  return Object.fromEntries(Object.entries(total).map(([name, quantity]) => [name, formatQuantity(quantity)]))
}

type Request = Readonly<Record<string, Quantity>>

/** A limit without a request is a request, as the API server defaults it. */
function requestOf(container: Dict): Request {
  const resources = asDict(container['resources'])
  return { ...quantities(resources['limits']), ...quantities(resources['requests']) }
}

function quantities(value: unknown): Request {
  return Object.fromEntries(Object.entries(asDict(value)).map(([name, text]) => [name, parseQuantity(String(text))]))
}

function add(a: Request, b: Request): Request {
  return merge(a, b, addQuantity)
}

function larger(a: Request, b: Request): Request {
  return merge(a, b, (x, y) => (compareQuantity(x, y) >= 0 ? x : y))
}

function merge(a: Request, b: Request, combine: (x: Quantity, y: Quantity) => Quantity): Request {
  const merged: Record<string, Quantity> = { ...a }
  for (const [name, quantity] of Object.entries(b)) {
    const other = merged[name]
    merged[name] = other === undefined ? quantity : combine(other, quantity)
  }
  return merged
}
