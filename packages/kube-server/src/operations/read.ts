// Getting one object, and listing many: consistent pages of one revision.
import { FlotillaError } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid } from '@flotilla/machinery/field-error'
import type { GetOptions, ListOptions, ListPage } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { ServedResource } from '../served-resource.ts'
import { asVersion, storeKey, storePrefix } from '../storage-forms.ts'
import type { Stored } from '../store/store.ts'
import type { Continuation } from './continue-token.ts'
import { decodeContinuation, encodeContinuation } from './continue-token.ts'
import type { Core } from './core.ts'
import { badRequest, invalid, notAllowed, notFound } from './refusals.ts'
import { scaleOf } from './scale.ts'
import type { Selection } from './selection.ts'
import { selectionOf } from './selection.ts'

export function get(core: Core, resource: ServedResource, key: ObjectKey, { subresource }: GetOptions): KubeObject {
  if (resource.virtual) throw notAllowed(resource, 'get')
  const found = core.store.get(storeKey(resource, key))
  if (found === undefined) throw notFound(resource, key.name)
  const object = asVersion(found.object, resource)
  return subresource === 'scale' ? scaleOf(resource, object) : object
}

export function list(core: Core, resource: ServedResource, options: ListOptions): ListPage {
  if (!resource.verbs.includes('list')) throw notAllowed(resource, 'list')
  refuseContradictions(options)
  const selection = selectionOf(core.catalog, resource, options)
  const from = startOf(core, options)
  const prefix = storePrefix(resource, resource.namespaced ? options.namespace : undefined)
  const page = { prefix, revision: from.revision, limit: limitOf(options), after: from.after }
  const picked = selection.selectsAll ? unfiltered(core, page) : filtered(core, page, selection)
  const last = picked.items.at(-1)
  return {
    items: picked.items.map(({ object }) => asVersion(object, resource)),
    resourceVersion: String(from.revision),
    ...(picked.isMore && last ? { continue: tokenAfter(last, prefix, from.revision) } : {}),
    ...(picked.isMore && picked.remaining !== undefined ? { remainingItemCount: picked.remaining } : {}),
  }
}

/** A list at any version comes whole from the cache upstream, whatever its limit. */
function limitOf({ limit = 0, resourceVersion, resourceVersionMatch, continue: token }: ListOptions): number {
  return resourceVersion === '0' && !token && resourceVersionMatch !== 'Exact' ? 0 : Math.max(0, limit)
}

interface Page {
  readonly prefix: string
  readonly revision: number
  /** 0: all. */
  readonly limit: number
  readonly after: string
}

interface Picked {
  readonly items: readonly Stored[]
  readonly isMore: boolean
  readonly remaining?: number
}

function unfiltered({ store }: Core, { prefix, revision, limit, after }: Page): Picked {
  const range = { prefix, revision, ...(after === '' ? {} : { after: prefix + after }) }
  const { items, remaining } = store.list(limit > 0 ? { ...range, limit } : range)
  return { items, isMore: remaining > 0, remaining }
}

function filtered({ store }: Core, { prefix, revision, limit, after }: Page, selection: Selection): Picked {
  const items: Stored[] = []
  const range = { prefix, revision, ...(after === '' ? {} : { after: prefix + after }) }
  for (const stored of store.list(range).items) {
    if (!selection.matches(stored.object)) continue
    if (limit > 0 && items.length === limit) return { items, isMore: true }
    items.push(stored)
  }
  return { items, isMore: false }
}

function tokenAfter(last: Stored, prefix: string, revision: number): string {
  return encodeContinuation({ revision, after: last.key.slice(prefix.length) })
}

function startOf(core: Core, options: ListOptions): Continuation {
  if (options.continue) return checkedContinuation(core, options)
  const now = core.store.revision
  const asked = parseRevision(options.resourceVersion)
  if (asked > now) throw tooLarge(asked, now)
  const isExact =
    options.resourceVersionMatch === 'Exact' || (asked > 0 && options.limit && !options.resourceVersionMatch)
  if (!isExact || asked === 0) return { revision: now, after: '' }
  if (asked < core.store.compactedRevision) {
    throw new FlotillaError('Expired', `The resourceVersion for the provided list is too old.`)
  }
  return { revision: asked, after: '' }
}

function checkedContinuation({ store }: Core, options: ListOptions): Continuation {
  const from = decodeContinuation(options.continue ?? '')
  if (options.resourceVersion && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (from.revision < store.compactedRevision || from.revision > store.revision) {
    throw new FlotillaError(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    )
  }
  return from
}

/** '' and '0' are 0: anything will do. */
export function parseRevision(text: string | undefined, isWatch = false): number {
  if (text === undefined || text === '') return 0
  if (!/^\d+$/.test(text)) {
    const cause = fieldInvalid(
      'resourceVersion',
      text,
      `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
    throw isWatch
      ? new FlotillaError('Unknown', `resourceVersion: ${cause.message}`)
      : badRequest(`invalid resource version: resourceVersion: ${cause.message}`)
  }
  return Number(text)
}

export function tooLarge(asked: number, now: number): FlotillaError {
  return new FlotillaError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${now}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

function refuseContradictions(options: ListOptions): void {
  const { resourceVersion, resourceVersionMatch } = options
  if (resourceVersionMatch === undefined) return
  const causes = []
  if (!resourceVersion) {
    causes.push(
      fieldForbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    )
  }
  if (options.continue) {
    causes.push(fieldForbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'))
  }
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
    const why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    causes.push(fieldForbidden('resourceVersionMatch', why))
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes)
}
