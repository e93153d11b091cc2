// Writes the frames of a watch: those of one turn of the event loop in one piece, and no more than the client takes.
import type { Env } from '@flotilla/runtime/env'
import type { ServerAnswer } from './exchange.ts'

/** A client that takes nothing for so long is cut: it can begin anew. */
const slowWatcherMs = 30_000
const maxHeldLength = 64 * 1024

export interface FrameWriter {
  write(frame: string): void
  /** Whether the client is behind: write on after `drained`. */
  isBlocked(): boolean
  /** False when the client took nothing in time, and was cut, or went. */
  drained(): Promise<boolean>
  /** Writes what is held, then ends the answer. */
  end(): void
}

export function createFrameWriter(env: Env, answer: ServerAnswer, signal: AbortSignal): FrameWriter {
  let held = ''
  let isScheduled = false
  let blocked: Promise<boolean> | undefined

  function flush() {
    isScheduled = false
    if (held === '' || answer.destroyed || answer.writableEnded) return
    const text = held
    held = ''
    if (!answer.write(text)) blocked ??= waitForDrain(env, answer, signal).finally(() => (blocked = undefined))
  }

  return {
    write(frame) {
      held += frame
      if (held.length >= maxHeldLength) return flush()
      if (isScheduled) return
      isScheduled = true
      void env.timers.yield().then(flush)
    },
    isBlocked: () => blocked !== undefined,
    drained: () => blocked ?? Promise.resolve(true),
    end() {
      flush()
      answer.end()
    },
  }
}

function waitForDrain(env: Env, answer: ServerAnswer, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isDrained: boolean) => {
      timer.cancel()
      answer.off('drain', onDrain)
      answer.off('close', onLeave)
      signal.removeEventListener('abort', onLeave)
      if (!isDrained) answer.destroy()
      resolve(isDrained)
    }
    const onDrain = () => finish(true)
    const onLeave = () => finish(false)
    const timer = env.timers.after(slowWatcherMs, onLeave)
    answer.on('drain', onDrain)
    answer.on('close', onLeave)
    signal.addEventListener('abort', onLeave)
  })
}
