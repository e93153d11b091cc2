// Keeps the latest moves with their reasons, for people to look at: `flotilla moves`.
import { fieldManager } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { timestamp } from '@flotilla/runtime/timestamp'
import { keyOf } from '@flotilla/machinery/object'
import type { Binding, Hub } from '../hub.ts'
import { historyKey, readHistory, withMoves } from './history.ts'
import { type Move, moveOf } from '../move.ts'

export interface MovesDeps {
  readonly env: Env
  readonly hub: Hub
}

const key = 'moves'
/** Moves of so long are one write. */
const gatherMs = 2_000
/** Where there is no namespace for it yet. */
const retryMs = 60_000
/** While nothing can be written. */
const mostGathered = 1_000

const metric = {
  name: 'flotilla_moves_total',
  help: 'Moves of workloads from one cluster to another.',
  labels: ['reason'],
}

/** Moves that nobody has seen written are told of once; those of the last seconds before a crash are lost. */
export function createMovesController({ env, hub }: MovesDeps): Controller {
  const counter = env.metrics.counter(metric)
  let gathered: readonly Move[] = []
  let gatheringSince: number | undefined

  function follow({ before, after }: Change<Binding>): Iterable<string> {
    const move = before && after && moveOf(before, after, timestamp(env.clock.now()))
    if (!move) return []
    counter.add(1, { reason: move.reason })
    gathered = [...gathered, move].slice(-mostGathered)
    gatheringSince ??= env.clock.monotonic()
    return [key]
  }

  async function reconcile(): Promise<Result | void> {
    if (gatheringSince === undefined) return
    const waitMs = gatheringSince + gatherMs - env.clock.monotonic()
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    const written = gathered
    try {
      await write(written)
    } catch (error) {
      if (isError(error, 'NotFound')) return { requeueAfterMs: retryMs }
      throw error
    }
    gathered = gathered.filter((move) => !written.includes(move))
    gatheringSince = gathered.length > 0 ? env.clock.monotonic() : undefined
    return gathered.length > 0 ? { requeueAfterMs: gatherMs } : undefined
  }

  async function write(moves: readonly Move[]): Promise<void> {
    const known = hub.settings.get(keyOf(historyKey))
    const data = withMoves(readHistory(known), moves)
    if (known === undefined) {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: historyKey, data }
      await hub.api.create(configMaps, object, { fieldManager })
      return
    }
    const patch = { metadata: { resourceVersion: known.metadata.resourceVersion }, data }
    await hub.api.patch(configMaps, historyKey, { type: 'merge', patch }, { fieldManager })
  }

  return {
    name: 'moves',
    watches: [
      watch<Binding>(hub.bindings, follow),
      watch<Binding>(hub.clusterBindings, follow),
      watch(hub.settings, () => []),
    ],
    reconcile,
  }
}
