// How commands end badly: what is written to standard error, and the exit code.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Terminal } from './terminal.ts'

/** `differs` and `diffFailed`: of `diff`, as kubectl has them. */
export const exitCodes = { ok: 0, failed: 1, differs: 1, diffFailed: 2, partial: 4 } as const

/** Ends the command with `code`; everything has been said already. */
export class Exit extends Error {
  override readonly name = 'Exit'
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** Says what went wrong and gives the exit code for it. */
export function reportFailure(terminal: Terminal, error: unknown): number {
  if (error instanceof Exit) return error.code
  if (error instanceof FlotillaError) {
    terminal.err(`Error: ${error.message}\n`)
    return exitCodes.failed
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  terminal.err(`Error: Internal error: this is a bug in flotilla\n${stack}\n`)
  return exitCodes.failed
}
