// A member's nodes and what their pods ask for, read in pages.
import type { KubeApi, ListPage } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { addQuantity, compareQuantity, parseQuantity, subtractQuantity } from '@flotilla/machinery/quantity'
import type { Quantity } from '@flotilla/machinery/quantity'
import type { Resource } from '@flotilla/machinery/resource'
import { asDict, asDicts, dictAt, valueAt } from '@flotilla/machinery/untyped'
import { podRequest } from '../pod-request.ts'

export interface NodeRow {
  readonly name: string
  readonly ready: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly allocatable: Readonly<Record<string, string>>
}

/** What the pods of one node ask for, `pods` counting them. */
export type Requested = Readonly<Record<string, Quantity>>

const pageSize = 500

/** All objects of the kind, read in pages. */
export async function* pagesOf(api: KubeApi, resource: Resource, signal: AbortSignal): AsyncIterable<KubeObject> {
  let next: string | undefined
  do {
    const page: ListPage = await api.list(resource, { limit: pageSize, signal, ...(next ? { continue: next } : {}) })
    yield* page.items
    next = page.continue
  } while (next)
}

export function toNodeRow(node: KubeObject): NodeRow {
  const conditions = asDicts(valueAt(node, 'status', 'conditions'))
  const isReady = conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True')
  return {
    name: node.metadata.name,
    ready: isReady && valueAt(node, 'spec', 'unschedulable') !== true,
    labels: node.metadata.labels ?? {},
    taints: asDicts(valueAt(node, 'spec', 'taints')).map(({ key, value, effect }) => ({
      key: String(key),
      ...(typeof value === 'string' ? { value } : {}),
      effect: String(effect),
    })),
    allocatable: dictAt(node, 'status', 'allocatable') as Record<string, string>,
  }
}

const one = parseQuantity('1')

/** A finished pod holds no room. */
export function isFinished(pod: KubeObject): boolean {
  const phase = valueAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Adds a pod that holds room on a node. */
export function addPod(requested: Map<string, Record<string, Quantity>>, pod: KubeObject): void {
  const node = valueAt(pod, 'spec', 'nodeName')
  if (typeof node !== 'string' || isFinished(pod)) return
  const sum = requested.get(node) ?? {}
  for (const [name, text] of Object.entries(podRequest(asDict(pod['spec'])))) add(sum, name, parseQuantity(text))
  add(sum, 'pods', one)
  requested.set(node, sum)
}

function add(sum: Record<string, Quantity>, name: string, quantity: Quantity): void {
  const before = sum[name]
  sum[name] = before === undefined ? quantity : addQuantity(before, quantity)
}

/** What is left of a node; never less than nothing. */
export function freeOf(node: NodeRow, requested: Requested = {}): Requested {
  const none = parseQuantity('0')
  return Object.fromEntries(
    Object.entries(parseAll(node.allocatable)).map(([name, quantity]) => {
      const left = subtractQuantity(quantity, requested[name] ?? none)
      return [name, compareQuantity(left, none) < 0 ? none : left]
    }),
  )
}

export function parseAll(resources: Readonly<Record<string, string>>): Requested {
  return Object.fromEntries(Object.entries(resources).map(([name, text]) => [name, parseQuantity(text)]))
}
