// The refusals of the API, in the words that clients of Kubernetes match on.
import type { StatusCause } from '@flotilla/machinery/errors'
import { FlotillaError } from '@flotilla/machinery/errors'
import { invalidObject } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { groupResourceOf } from '@flotilla/machinery/resource'

type Named = Pick<Resource, 'group' | 'plural'>

export function notFound(resource: Named, name: string): FlotillaError {
  return new FlotillaError('NotFound', `${groupResourceOf(resource)} "${name}" not found`, detailsOf(resource, name))
}

/** `taken`: what has the name already. */
export function alreadyExists(resource: Named, name: string, taken?: KubeObject): FlotillaError {
  const prefix = taken?.metadata.deletionTimestamp ? 'object is being deleted: ' : ''
  const text = `${prefix}${groupResourceOf(resource)} "${name}" already exists`
  return new FlotillaError('AlreadyExists', text, detailsOf(resource, name))
}

export function conflict(resource: Named, name: string, why: string): FlotillaError {
  const text = `Operation cannot be fulfilled on ${groupResourceOf(resource)} "${name}": ${why}`
  return new FlotillaError('Conflict', text, detailsOf(resource, name))
}

export function modified(resource: Named, name: string): FlotillaError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again'
  return conflict(resource, name, why)
}

export function forbidden(resource: Named, name: string, why: string, causes?: readonly StatusCause[]): FlotillaError {
  const what = name === '' ? groupResourceOf(resource) : `${groupResourceOf(resource)} "${name}"`
  const text = `${what} is forbidden: ${why}`
  return new FlotillaError('Forbidden', text, { ...detailsOf(resource, name), ...(causes ? { causes } : {}) })
}

/** As `invalidObject`; an object without a name has none in the details either. */
export function invalid(
  kind: Pick<Resource, 'group' | 'kind'>,
  name: string,
  causes: readonly StatusCause[],
): FlotillaError {
  const error = invalidObject(kind, name, causes)
  if (name !== '') return error
  const { name: _, ...details } = error.details
  return new FlotillaError('Invalid', error.message, details)
}

export function badRequest(text: string): FlotillaError {
  return new FlotillaError('BadRequest', text)
}

export function notAllowed(resource: Named, verb: string): FlotillaError {
  const text = `${verb} is not supported on resources of kind "${groupResourceOf(resource)}"`
  return new FlotillaError('MethodNotAllowed', text, detailsOf(resource))
}

function detailsOf(resource: Named, name = ''): { name?: string; group?: string; kind: string } {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  }
}
