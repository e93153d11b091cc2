// The error behind an answer that is no success.
import { FlotillaError, fromStatus } from '@flotilla/machinery/errors'

/** The error for an answer, with the hop and the wait that the server asked for. */
export function refusal(code: number, body: unknown, what: string, retryAfterSeconds?: number): FlotillaError {
  const error = fromStatus(code, body, what)
  const hop = code === 401 ? 'authenticate' : code === 403 ? 'authorize' : undefined
  const details = {
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...error.details,
    ...(hop === undefined ? {} : { hop }),
  }
  return new FlotillaError(error.code, error.message, details)
}
