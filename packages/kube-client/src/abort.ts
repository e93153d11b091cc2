// What a caller's abort signal means to a request.
import { FlotillaError } from '@flotilla/machinery/errors'

/** The error of a request whose caller gave up: Timeout for `AbortSignal.timeout()`, else Unavailable; the reason is its cause. */
export function aborted(signal: AbortSignal): FlotillaError {
  const reason: unknown = signal.reason
  if (reason instanceof FlotillaError) return reason
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError'
  const message = isTimeout ? 'The request took too long' : 'The request was aborted'
  return new FlotillaError(isTimeout ? 'Timeout' : 'Unavailable', message, {}, { cause: reason })
}
