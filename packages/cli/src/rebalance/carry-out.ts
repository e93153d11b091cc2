// Has the scheduler make the moves of one wave, and waits until they are over.
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import { askFor, isOver } from '@flotilla/control-plane/binding/rebalance/ask'
import { hourMs } from '@flotilla/control-plane/binding/rebalance/run'
import { targetFor } from '@flotilla/control-plane/binding/rebalance/works'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import type { Proposal } from '@flotilla/scheduler/rebalance/propose'
import type { Binding } from '@flotilla/control-plane/hub'

export interface CarryOut {
  readonly env: Env
  readonly hub: KubeApi
  readonly timeoutMs: number
  readonly stopped: AbortSignal
}

const pollMs = 500

/**
 * Asks for the first wave of the proposal. Returns the keys of works that did not move: their rules or the room have
 * changed since. Throws Timeout when moves are not over in time; they go on.
 */
export async function carryOutWave(
  { env, hub, timeoutMs, stopped }: CarryOut,
  proposal: Proposal,
  bindings: ReadonlyMap<string, Binding>,
): Promise<ReadonlySet<string>> {
  const now = env.clock.now()
  const asked = [...proposal.next].flatMap(([key, target]) => {
    const binding = bindings.get(key)
    return binding === undefined ? [] : [{ key, target, binding }]
  })
  const begun = await Promise.all(
    asked.map(async (each) => {
      const target = targetFor(each.binding, each.target, proposal, { key: each.key, window: now - hourMs, now })
      return (await askFor(hub, each.binding, target, 'flotilla-cli')) ? [each] : []
    }),
  )
  const moving = new Map(begun.flat().map((each) => [each.key, each]))
  const unmoved = new Set(asked.map(({ key }) => key).filter((key) => !moving.has(key)))
  for (const start = env.clock.monotonic(); moving.size > 0;) {
    for (const [key, { binding, target }] of moving) {
      const current = await readAgain(hub, binding)
      if (current !== undefined && !isOver(current)) continue
      moving.delete(key)
      if (current === undefined || !isAt(current, target)) unmoved.add(key)
    }
    if (moving.size === 0) break
    if (stopped.aborted) throw stillMoving([...moving.keys()], '')
    if (env.clock.monotonic() - start > timeoutMs)
      throw stillMoving([...moving.keys()], ` after ${timeoutMs / 1_000} s`)
    await env.timers.sleep(pollMs, stopped)
  }
  return unmoved
}

async function readAgain(hub: KubeApi, binding: Binding): Promise<Binding | undefined> {
  try {
    return await hub.get<Binding>(resourceOf(binding), binding.metadata)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

function resourceOf({ metadata }: Binding) {
  return metadata.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
}

function isAt({ spec }: Binding, target: ReadonlyMap<string, number>): boolean {
  const clusters = (spec.decision?.clusters ?? []).filter(({ replicas = 0 }) => replicas > 0)
  return clusters.length === target.size && clusters.every(({ id, replicas }) => target.get(id) === replicas)
}

/** `since`: empty, or how long it was waited for. */
function stillMoving(keys: readonly string[], since: string): FlotillaError {
  const why = `${keys.length} workloads, ${keys[0]} among them, still move${since}; they go on, and nothing else is begun`
  return new FlotillaError(
    'Timeout',
    `Cannot finish the rebalance: ${why}. Next: flotilla rebalance once they are done`,
  )
}
