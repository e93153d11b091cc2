// Shares one thread among thousands of loops: however many have something to do, timers and I/O come in between.
import { UniqueFifo } from './fifo.ts'

/** Work goes on for so long before everything else has its turn. */
const sliceMs = 20

export interface FairTurnsOptions {
  /** Milliseconds; never goes back. */
  readonly now: () => number
  /** Resolves when timers and I/O have had their turn. */
  readonly nextTurn: () => Promise<void>
}

/**
 * Undefined: whoever asks may go on at once. A promise: it has to wait in line, and resolves in order of asking. A loop
 * that asks before each step holds everybody else up for a slice and a step at most, whatever the number of loops.
 */
export function createFairTurns({ now, nextTurn }: FairTurnsOptions): () => Promise<void> | undefined {
  const line = new UniqueFifo<() => void>()
  /** When the slice began; undefined: nobody has asked since timers and I/O had their turn. */
  let began: number | undefined

  function begin(): number {
    void nextTurn().then(goOn)
    return (began = now())
  }

  async function goOn(): Promise<void> {
    began = undefined
    if (line.size === 0) return
    const from = begin()
    while (line.size > 0 && now() - from < sliceMs) {
      line.shift()?.()
      // Whoever was let in takes its step first.
      await Promise.resolve()
    }
  }

  return () => {
    if (line.size === 0 && now() - (began ?? begin()) < sliceMs) return undefined
    return new Promise((resolve) => line.push(resolve))
  }
}
