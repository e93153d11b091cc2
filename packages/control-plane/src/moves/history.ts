// The latest moves, as a ConfigMap keeps them: one line of JSON each, the oldest first. Pure.
import { movesName } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { Move } from '../move.ts'

export const historyKey = { namespace: systemNamespace, name: movesName }

/** Older ones are forgotten: about 150 KB. */
const mostMoves = 500

/** The oldest first; lines that are none are left out. */
export function readHistory(history: KubeObject | undefined): readonly Move[] {
  const lines = textAt(history, 'data', 'moves').split('\n')
  return lines.flatMap((line) => (line === '' ? [] : (parse(line) ?? [])))
}

export function withMoves(before: readonly Move[], more: readonly Move[]): Readonly<Record<string, string>> {
  const kept = [...before, ...more].slice(-mostMoves)
  return { moves: kept.map((move) => `${JSON.stringify(move)}\n`).join('') }
}

function parse(line: string): Move | undefined {
  try {
    return JSON.parse(line) as Move
  } catch {
    return undefined
  }
}
