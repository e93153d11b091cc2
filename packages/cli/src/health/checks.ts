// Checks one after the other; after one that failed the rest cannot be looked at.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { painter } from '../output/colour.ts'
import type { Terminal } from '../terminal.ts'

export interface Check {
  readonly name: string
  /** What was found. Throws what is wrong. */
  run(): Promise<string>
  /** The next command when it fails. */
  readonly next: string
  /** The next command when no answer came, in time or at all, if that is another one. */
  readonly nextIfSilent?: string
}

/** True when all are fine. */
export async function runChecks(checks: readonly Check[], terminal: Terminal): Promise<boolean> {
  const paint = painter(terminal)
  const line = (name: string, state: string, text: string) => terminal.out(`${name.padEnd(14)}${state}  ${text}\n`)
  for (const [index, check] of checks.entries()) {
    try {
      line(check.name, paint('green', 'ok     '), await check.run())
    } catch (error) {
      if (!isError(error)) throw error
      // What an error says to do next is said below, by who knows which check failed.
      line(check.name, paint('red', 'failed '), error.message.replace(/\.? Next: .*$/s, ''))
      for (const { name } of checks.slice(index + 1))
        line(name, paint('dim', 'skipped'), `because ${check.name} failed`)
      terminal.out(`\nNext: ${isSilence(error) ? (check.nextIfSilent ?? check.next) : check.next}\n`)
      return false
    }
  }
  return true
}

/** Nothing came back, or the connection broke: unlike a port where nothing listens. */
function isSilence({ code, cause }: FlotillaError): boolean {
  return code === 'Timeout' || (cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET')
}

/** Gives up after `timeoutMs`. */
export async function within<T>(timeoutMs: number, what: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await run(signal)
  } catch (error) {
    if (!signal.aborted || isError(error, 'Unavailable')) throw error
    throw new FlotillaError('Timeout', `${what}: no answer within ${timeoutMs / 1000} s`, {}, { cause: error })
  }
}
