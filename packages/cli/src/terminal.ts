// Where a command writes and what it knows of its surroundings: passed in, so that tests can read and set it.

import { plain } from './output/plain.ts'

export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Standard output is a person's screen: lines may be redrawn. */
  readonly isInteractive: boolean
  readonly hasColour: boolean
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Aborts when the person asks to stop (Ctrl-C, SIGTERM). */
  readonly stopped: AbortSignal
}

export function processTerminal(): Terminal {
  const stop = new AbortController()
  const isInteractive = process.stdout.isTTY === true
  // A reader that goes away early (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0))
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(plain(text)),
    isInteractive,
    hasColour: isInteractive && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    variables: process.env,
    get stopped() {
      listenOnce(stop)
      return stop.signal
    },
  }
}

/** Only a command that looks at `stopped` ends by itself; any other is ended by the signal. A second one ends all. */
function listenOnce(stop: AbortController): void {
  if (listening.has(stop)) return
  listening.add(stop)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
    })
  }
}

const listening = new WeakSet<AbortController>()
