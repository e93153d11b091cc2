// A terminal for tests: keeps what is written, and runs commands in this process.
import { runFlotilla } from '../src/program.ts'
import { stripColours } from '../src/output/table.ts'
import type { Terminal } from '../src/terminal.ts'

export interface TestTerminal extends Terminal {
  readonly stdout: string
  readonly stderr: string
  /** Resolves as soon as standard output contains `text`. */
  printed(text: string): Promise<void>
  stop(): void
}

export function testTerminal(variables: Terminal['variables'] = {}): TestTerminal {
  const stopped = new AbortController()
  const waiting = new Set<() => void>()
  const written = { out: '', err: '' }
  return {
    out(text) {
      written.out += text
      for (const look of waiting) look()
    },
    err(text) {
      written.err += text
    },
    isInteractive: false,
    hasColour: false,
    variables,
    stopped: stopped.signal,
    get stdout() {
      return stripColours(written.out)
    },
    get stderr() {
      return written.err
    },
    printed: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!written.out.includes(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    stop: () => stopped.abort(),
  }
}

export interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command to its end. */
export async function flotilla(args: readonly string[], variables: Terminal['variables'] = {}): Promise<Finished> {
  const terminal = testTerminal(variables)
  const code = await runFlotilla(args, terminal)
  return { code, out: terminal.stdout, err: terminal.stderr }
}
