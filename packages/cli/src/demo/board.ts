// The demo's table: where the sample's replicas run, redrawn while it changes.
import type { Cluster } from '@flotilla/api/cluster'
import type { Hub } from '@flotilla/control-plane/hub'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import type { Env } from '@flotilla/runtime/env'
import { findCondition } from '@flotilla/runtime/conditions'
import { painter } from '../output/colour.ts'
import { formatTable } from '../output/table.ts'
import type { Terminal } from '../terminal.ts'
import { sampleName, sampleNamespace } from './sample.ts'

const redrawEveryMs = 100

/** Shows the table until everything runs, or `deadlineMs` is over. True when everything runs. */
export async function watchUntilSettled(env: Env, hub: Hub, terminal: Terminal, deadlineMs: number): Promise<boolean> {
  const change = { news: Promise.withResolvers<void>() }
  const tell = () => change.news.resolve()
  const unwatch = [hub.bindings.onChange(tell), hub.clusters.onChange(tell)]
  const late = env.timers.sleep(deadlineMs, terminal.stopped).then(() => true)
  let drawn = ''
  try {
    for (;;) {
      const text = boardText(hub, terminal)
      const isDone = isSettled(hub)
      if (terminal.isInteractive || isDone) draw(terminal, drawn, text)
      if (isDone) return true
      drawn = text
      const isLate = await Promise.race([late, change.news.promise.then(() => false)])
      if (isLate) {
        if (!terminal.isInteractive) terminal.out(text)
        return false
      }
      change.news = Promise.withResolvers()
      await env.timers.sleep(redrawEveryMs, terminal.stopped)
    }
  } finally {
    for (const end of unwatch) end()
  }
}

function draw(terminal: Terminal, before: string, text: string): void {
  if (text === before) return
  const lines = before.split('\n').length - 1
  terminal.out(terminal.isInteractive && lines > 0 ? `\u001b[${lines}A\u001b[J${text}` : text)
}

function sampleBinding(hub: Hub): ResourceBinding | undefined {
  return [...hub.bindings.list()].find(({ metadata, spec }) => {
    const [workload] = spec.workloads
    return metadata.namespace === sampleNamespace && workload?.ref.name === sampleName && workload.components.length > 0
  })
}

/** Every replica has a place, and runs there. */
export function isSettled(hub: Hub): boolean {
  const binding = sampleBinding(hub)
  const decision = binding?.spec.decision
  if (decision === undefined || decision.clusters.length === 0 || decision.shortfall !== undefined) return false
  if (binding?.status?.decisionHash !== decision.forHash) return false
  const outcomes = new Map((binding.status.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  return decision.clusters.every(
    ({ name, replicas, from }) => from === undefined && outcomes.get(name)?.readyReplicas === replicas,
  )
}

export function boardText(hub: Hub, terminal: Pick<Terminal, 'hasColour'>): string {
  const paint = painter(terminal)
  const binding = sampleBinding(hub)
  const decided = new Map((binding?.spec.decision?.clusters ?? []).map((cluster) => [cluster.name, cluster]))
  const outcomes = new Map((binding?.status?.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  const rows = clustersByName(hub).map((cluster) => {
    const { name } = cluster.metadata
    const replicas = decided.get(name)?.replicas ?? 0
    const ready = outcomes.get(name)?.readyReplicas ?? 0
    const bar = paint('green', '■'.repeat(ready)) + paint('dim', '□'.repeat(Math.max(0, replicas - ready)))
    return [
      name,
      cluster.spec.region ?? '',
      stateOf(cluster),
      String(cluster.status?.nodes?.ready ?? '-'),
      `${ready}/${replicas}`,
      bar,
    ]
  })
  return formatTable(['CLUSTER', 'REGION', 'STATE', 'NODES', 'READY', 'REPLICAS OF DEPLOYMENT shop/web'], rows)
}

function clustersByName(hub: Hub): readonly Cluster[] {
  return [...hub.clusters.list()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en'))
}

function stateOf({ status }: Cluster): string {
  const ready = findCondition(status?.conditions, 'Ready')
  return ready === undefined ? 'Joining' : ready.status === 'True' ? 'Ready' : ready.reason
}
