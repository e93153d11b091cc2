// Events are kept for an hour after they were told last, as kube-apiserver keeps them.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { Timer } from '@flotilla/runtime/env'
import type { Stored } from '../store/store.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'

const resource = 'events'
const keptMs = 3_600_000
const lookEveryMs = 60_000
/** Deletions of one look: they are durable writes. */
const mostAtOnce = 1_000

export function startEventExpiry({ env, store }: Pick<HousekeepingDeps, 'env' | 'store'>): Housekeeper {
  let timer: Timer | undefined
  const arm = () => void (timer ??= env.timers.after(lookEveryMs, look))
  const all = (): readonly Stored[] => store.list({ prefix: `${resource}/` }).items

  function look(): void {
    timer = undefined
    const events = all()
    const old = events.filter(({ object }) => env.clock.now() - lastTold(object) > keptMs).slice(0, mostAtOnce)
    if (events.length > 0) arm()
    if (old.length > 0) remove(old).catch((error: unknown) => env.log.error({ err: error }, 'Cannot remove old events'))
  }

  async function remove(old: readonly Stored[]): Promise<void> {
    try {
      await store.transact(old.map(({ key, revision }) => ({ key, expectedRevision: revision })))
    } catch (error) {
      // One was told again meanwhile, or the disk is full: the next look is soon.
      if (!isError(error)) throw error
    }
  }

  const unfollow = store.subscribe(resource, arm)
  if (all().length > 0) arm()
  return {
    stop() {
      unfollow()
      timer?.cancel()
    },
  }
}

/** Milliseconds since 1970. */
function lastTold(event: KubeObject): number {
  const { creationTimestamp = '' } = event.metadata
  const told = [textAt(event, 'lastTimestamp'), textAt(event, 'series', 'lastObservedTime'), creationTimestamp]
  return Math.max(...told.map((time) => Date.parse(time)).filter((time) => !Number.isNaN(time)))
}
