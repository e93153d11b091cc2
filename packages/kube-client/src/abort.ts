// What a caller's abort signal means to a request.
import { FlotillaError } from '@flotilla/machinery/errors'

/**
 * The error of a request whose caller gave up: Timeout for `AbortSignal.timeout()`, else Unavailable. The signal's
 * reason is its cause; a reason that is a FlotillaError is thrown as it is.
 */
export function aborted(signal: AbortSignal, what = 'Cannot finish the request'): FlotillaError {
  const reason: unknown = signal.reason
  if (reason instanceof FlotillaError) return reason
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError'
  const why = isTimeout ? 'it took longer than its caller waits' : 'its caller stopped it'
  return new FlotillaError(isTimeout ? 'Timeout' : 'Unavailable', `${what}: ${why}`, {}, { cause: reason })
}
