// Prints the latest moves of workloads between clusters, with their reasons.
import { historyKey, readHistory } from '@flotilla/control-plane/moves/history'
import type { Move } from '@flotilla/control-plane/move'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { createCommandEnv } from '../command-env.ts'
import type { MovesFlags } from '../commands/moves.ts'
import { ageOf } from '../output/age.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { formatTable } from '../output/table.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'

export async function runMoves(flags: MovesFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const moves = chooseMoves(await readMoves(hub.api), flags)
  if (format !== 'text') return terminal.out(await formatValue(moves, format))
  if (moves.length === 0) terminal.err('No moves are known.\n')
  else terminal.out(movesTable(moves, env.clock.now()))
}

async function readMoves(hub: KubeApi): Promise<readonly Move[]> {
  try {
    return readHistory(await hub.get(configMaps, historyKey))
  } catch (error) {
    if (isError(error, 'NotFound')) return []
    throw error
  }
}

/** The latest last. */
export function chooseMoves(
  moves: readonly Move[],
  { namespace, clusters, limit }: Pick<MovesFlags, 'namespace' | 'clusters' | 'limit'>,
): readonly Move[] {
  const names = clusters?.split(',')
  const chosen = moves.filter(
    ({ workload, from, to }) =>
      (namespace === undefined || workload.startsWith(`${namespace}/`)) &&
      (names === undefined || names.some((name) => name in from || name in to)),
  )
  return limit === undefined ? chosen : chosen.slice(-limit)
}

export function movesTable(moves: readonly Move[], now: number): string {
  const rows = moves.map(({ kind, workload, from, to, reason, message, time }) => [
    `${kind.toLowerCase()}/${workload.slice(workload.indexOf('/') + 1)}`,
    workload.includes('/') ? workload.slice(0, workload.indexOf('/')) : '<none>',
    countsText(from),
    countsText(to),
    message === '' ? reason : `${reason}: ${message}`,
    ageOf(time, now),
  ])
  return formatTable(['NAME', 'NAMESPACE', 'FROM', 'TO', 'REASON', 'AGE'], rows)
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([cluster, count]) => `${cluster} ${count}`)
    .join(', ')
}
