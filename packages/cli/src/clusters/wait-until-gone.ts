// Waits for a cluster that is to leave, saying for what and how to go on.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { findCondition } from '@flotilla/runtime/conditions'
import type { Env } from '@flotilla/runtime/env'
import type { Terminal } from '../terminal.ts'

/** A cluster that answers is off before. */
const patienceMs = 5_000
const pollMs = 100

export interface Leaving {
  readonly env: Env
  readonly hub: KubeApi
  /** As it was before it was to leave. */
  readonly cluster: Cluster
  readonly terminal: Terminal
  readonly timeoutMs: number
}

/** @throws Timeout when it is not off in time, or the person does not want to wait. */
export async function waitUntilGone({ env, hub, cluster, terminal, timeoutMs }: Leaving): Promise<void> {
  const start = env.clock.monotonic()
  let tellAfterMs = isAway(cluster) ? 0 : patienceMs
  for (;;) {
    const current = await readAgain(hub, cluster)
    if (current === undefined) return
    const waitedMs = env.clock.monotonic() - start
    if (waitedMs > timeoutMs) throw stillThere(current, `within ${timeoutMs / 1000} s`)
    if (terminal.stopped.aborted) throw stillThere(current, 'yet')
    if (waitedMs >= tellAfterMs) {
      tellAfterMs = Infinity
      terminal.out(waitingText(current, timeoutMs))
    }
    await env.timers.sleep(pollMs, terminal.stopped)
  }
}

async function readAgain(hub: KubeApi, { metadata }: Cluster): Promise<Cluster | undefined> {
  try {
    const found = await hub.get<Cluster>(clusterResource, { name: metadata.name })
    return found.metadata.uid === metadata.uid ? found : undefined
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

/** Known before it is asked to leave: while it leaves, our rights there go, which looks the same. */
function isAway({ spec, status }: Cluster): boolean {
  const isTrue = (type: string) => findCondition(status?.conditions, type)?.status === 'True'
  return spec.suspend === true || !isTrue('Ready') || !isTrue('Reachable')
}

function waitingText(cluster: Cluster, timeoutMs: number): string {
  const { name } = cluster.metadata
  return [
    `Waiting for ${name}, up to ${timeoutMs / 1000} s: ${holdup(cluster).why}`,
    `  Ctrl-C stops the waiting; it leaves when it can. Or: ${holdup(cluster).next}`,
    '',
  ].join('\n')
}

function stillThere(cluster: Cluster, when: string): FlotillaError {
  const { why, next } = holdup(cluster)
  const text = `Cannot unjoin ${cluster.metadata.name} ${when}: ${why}; it leaves when it can. Next: ${next}`
  return new FlotillaError('Timeout', text)
}

/** Why it is still there, and how to go on. */
function holdup({ metadata, spec, status }: Cluster): { readonly why: string; readonly next: string } {
  const { name } = metadata
  const force = `flotilla unjoin ${name} --force, which leaves our labels, lease and access there`
  if (spec.suspend) return { why: 'it is suspended, and nothing is written to it', next: `set spec.suspend to false` }
  const ready = findCondition(status?.conditions, 'Ready')
  const reachable = findCondition(status?.conditions, 'Reachable')
  const bad = [reachable, ready].find((condition) => condition?.status !== 'True')
  if (ready === undefined) return { why: 'the hub has not heard of it yet', next: force }
  if (bad === undefined) return { why: 'the hub lets go of what it placed there', next: force }
  return { why: bad.message.replace(/\.? Next: .*$/s, ''), next: force }
}
