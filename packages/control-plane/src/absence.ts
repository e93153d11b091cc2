// Whether an answer proves that an object is not there.
import { isError } from '@flotilla/machinery/errors'

/**
 * True only for a server's word on the very object. A 404 of the path (a kind that is not served just now, something in
 * between that answers for the server) says nothing of what is stored.
 */
export function isAbsence(error: unknown): boolean {
  return isError(error, 'NotFound') && error.details.name !== undefined
}
