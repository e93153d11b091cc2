// A field that a member lets nobody change: how its refusal is known, and the way out. Pure.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { kindIdIn, parseObjectId, type ObjectId } from '../object-id.ts'
import { keptKinds } from './plan.ts'

/** As API servers word it, of built-in kinds and of custom ones. */
const wording = /immutable|updates to .+ are forbidden|(may|can) ?not be (changed|updated)|cannot change/i

/** Whether `error` refuses an object for fields that may not change; it names them. */
export function isImmutableChange(error: unknown): error is FlotillaError {
  if (!isError(error, 'Invalid')) return false
  const texts = [error.message, ...(error.details.causes ?? []).map(({ message }) => message)]
  return texts.some((text) => text !== undefined && wording.test(text))
}

/** The refusal with what a person may do about it: the copy is never deleted by itself. */
export function withWayOut(error: FlotillaError, id: ObjectId): FlotillaError {
  return new FlotillaError(error.code, `${error.message}. ${wayOut(id)}`, error.details, { cause: error })
}

function wayOut(id: ObjectId): string {
  const { kind, name, namespace } = parseObjectId(id)
  if (keptKinds.has(kindIdIn(id))) return 'Next: put the old value back'
  const place = namespace === '' ? '' : ` -n ${namespace}`
  const what = kind === 'Job' ? 'the hub then makes it anew, and it runs again' : 'the hub then makes it anew'
  return `Next: put the old value back, or kubectl delete ${kind.toLowerCase()}/${name}${place} there: ${what}`
}
