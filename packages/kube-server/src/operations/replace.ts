// Replacing a stored object by its next state: the road that update, patch, apply and status writes share.
import { FlotillaError, isError, type StatusCause } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import { keyOf } from '@flotilla/machinery/object'
import { admit } from '../admission.ts'
import { asVersion, storeKey } from '../storage-forms.ts'
import type { Stored } from '../store/store.ts'
import { warnOfRules } from '../custom-resources/unenforced.ts'
import { asKept, checkLimits, schemaCauses } from './body.ts'
import type { WriteRequest } from './core.ts'
import { isSameButTimes, tracked, withManagedFields } from './field-managers.ts'
import { keptMetadata, metadataCauses, metadataUpdateCauses } from './metadata.ts'
import { conflict, invalid, modified, notFound } from './refusals.ts'

export interface NextState {
  /** In the stored form, defaults filled in. Its resourceVersion, when it has one, must be the live one. */
  readonly object: KubeObject
  /** Set by apply, which does its own bookkeeping. */
  readonly isTracked?: boolean
}

/** How often a write that states no resourceVersion starts over when somebody else was faster. */
const attempts = 5

/**
 * `next` makes the next state from the live object (in the stored form). Throws NotFound, Conflict, Invalid, and
 * what `next` throws.
 */
export async function replace(
  request: WriteRequest,
  key: ObjectKey,
  next: (live: KubeObject) => NextState,
): Promise<KubeObject> {
  const { core, stored, resource } = request
  const storedAt = storeKey(stored, key)
  for (let attempt = 1; ; attempt++) {
    const head = core.store.head(storedAt)
    if (head === undefined) throw notFound(stored, key.name)
    const live = asVersion(head.object, stored)
    const wanted = next(live)
    requireSameVersion(request, key.name, wanted.object, live)
    const object = await finished(request, wanted, live)
    if (attempt === 1) warnOfRules(request)
    if (isSameButTimes(object, live)) return asVersion(head.object, resource)
    if (request.dryRun) return asVersion(object, resource)
    try {
      return asVersion((await written(request, storedAt, head, object)).object, resource)
    } catch (error) {
      if (!isError(error, 'Conflict')) throw error
      if (attempt === attempts) throw modified(stored, key.name)
    }
  }
}

/** A PUT that names a uid means that very object. */
export function requireSameUid({ stored }: WriteRequest, wanted: KubeObject, live: KubeObject): void {
  const { uid } = wanted.metadata
  if (!uid || uid === live.metadata.uid) return
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
  const place = `/registry/${stored.plural}/${keyOf(live.metadata)}`
  const error = `StorageError: invalid object, Code: 4, Key: ${place}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`
  throw conflict(stored, live.metadata.name, error)
}

/** Versions are 64-bit numbers. */
export function refuseUnreadableVersion({ metadata: { resourceVersion } }: KubeObject): void {
  if (!resourceVersion) return
  const isNumber = /^\d+$/.test(resourceVersion)
  if (isNumber && BigInt(resourceVersion) < 2n ** 64n) return
  const why = isNumber ? 'value out of range' : 'invalid syntax'
  throw new FlotillaError('Unknown', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: ${why}`)
}

function requireSameVersion({ stored, rules }: WriteRequest, name: string, wanted: KubeObject, live: KubeObject): void {
  refuseUnreadableVersion(wanted)
  const { resourceVersion } = wanted.metadata
  if (resourceVersion && resourceVersion !== '0') {
    if (resourceVersion !== live.metadata.resourceVersion) throw modified(stored, name)
    return
  }
  if (stored.isCustom || rules.needsResourceVersion) {
    const message = `Invalid value: 0: must be specified for an update`
    const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }
    throw invalid({ group: stored.group, kind: stored.plural }, name, [cause])
  }
}

async function finished(request: WriteRequest, wanted: NextState, live: KubeObject): Promise<KubeObject> {
  const { core, context, stored, rules, rule, dryRun, subresource } = request
  const metadata = keptMetadata(live.metadata, wanted.object.metadata)
  const merged = partOf(request, { ...wanted.object, metadata }, live)
  const isMain = subresource === undefined
  const decided = isMain ? (rules.prepareForUpdate?.(merged, live, rule) ?? merged) : merged
  const counted = withGeneration(request, decided, live)
  const admission = { operation: 'UPDATE', resource: stored, object: counted, oldObject: live } as const
  const where = { user: context.user, dryRun, ...(isMain ? {} : { subresource }) }
  const admitted = (await admit(core.admission, { ...admission, ...where }, context.warn)) ?? counted
  refuseInvalid(request, admitted, live)
  // Of what was asked for: nobody owns what the server itself decides or keeps.
  const owners = (wanted.isTracked ? merged : tracked(request, merged, live)).metadata.managedFields
  const owned = asKept(request, withManagedFields(admitted, owners))
  checkLimits(owned)
  return owned
}

function refuseInvalid(request: WriteRequest, object: KubeObject, live: KubeObject): void {
  const { stored, rules } = request
  const metadataChanges = metadataUpdateCauses(object.metadata, live.metadata)
  const causes = [
    // Upstream looks at these twice, once for all kinds and once for each, and tells twice of what it finds.
    ...metadataChanges,
    ...metadataChanges,
    ...metadataCauses(object, stored, rules),
    ...schemaCauses(request, object),
    ...kindCauses(request, object, live),
  ]
  if (causes.length > 0) throw invalid(stored, object.metadata.name, causes)
}

function kindCauses(
  { rules, subresource }: WriteRequest,
  object: KubeObject,
  live: KubeObject,
): readonly StatusCause[] {
  if (subresource === 'status') return rules.validateStatus?.(object) ?? []
  const causes = rules.validate?.(object) ?? []
  // A pod's other endpoints are there for changes that its own does not allow.
  const isOwn = subresource === undefined || subresource === 'scale' || subresource === 'finalize'
  return isOwn ? [...causes, ...(rules.validateUpdate?.(object, live) ?? [])] : causes
}

/** What of `object` the endpoint may write: status leaves the rest as it is, and the other way round. */
function partOf({ stored, subresource, rules }: WriteRequest, object: KubeObject, live: KubeObject): KubeObject {
  if (subresource === 'status') {
    const status = object.status === undefined ? {} : { status: object.status }
    const { managedFields, resourceVersion } = object.metadata
    const fields = { ...(managedFields ? { managedFields } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
    const { labels: _, ...unlabelled } = object.metadata
    const metadata = stored.isCustom ? { ...live.metadata, ...fields } : { ...unlabelled, ...labelsOf(live) }
    return { ...without(live, 'status'), metadata, ...status } as KubeObject
  }
  if (subresource === 'ephemeralcontainers') return withEphemeralContainers(object, live)
  if (subresource !== undefined && subresource !== 'finalize') return object
  if (!stored.subresources.includes('status') || rules.keepsStatusOnCreate === true) return object
  const status = live.status === undefined ? {} : { status: live.status }
  return { ...without(object, 'status'), ...status } as KubeObject
}

function withEphemeralContainers(object: KubeObject, live: KubeObject): KubeObject {
  const { ephemeralContainers } = (object.spec ?? {}) as { ephemeralContainers?: unknown }
  return { ...live, metadata: object.metadata, spec: { ...(live.spec as object), ephemeralContainers } }
}

function labelsOf(live: KubeObject): { labels?: Readonly<Record<string, string>> } {
  return live.metadata.labels ? { labels: live.metadata.labels } : {}
}

/** Counts changes of intent: everything but metadata and status; for custom resources without status, all but metadata. */
function withGeneration(
  { stored, rules, subresource }: WriteRequest,
  object: KubeObject,
  live: KubeObject,
): KubeObject {
  if (subresource === 'status' || subresource === 'binding' || !(stored.isCustom || rules.hasGeneration)) return object
  const hasStatus = stored.subresources.includes('status')
  if (deepEqual(intentOf(object, hasStatus), intentOf(live, hasStatus))) return object
  const generation = (live.metadata.generation ?? 0) + 1
  return { ...object, metadata: { ...object.metadata, generation } }
}

function intentOf(object: KubeObject, hasStatus: boolean): object {
  const intent = without(object, 'metadata')
  return hasStatus ? without(intent, 'status') : intent
}

function without(object: object, field: string): object {
  const { [field]: _, ...rest } = object as Record<string, unknown>
  return rest
}

/** An object that waited for its last finalizer goes with the write that removes it. */
async function written(request: WriteRequest, key: string, head: Stored, object: KubeObject): Promise<Stored> {
  const { store } = request.core
  const expectedRevision = head.revision
  if (!isReadyToGo(object)) return first(await store.transact([{ key, expectedRevision, object }]))
  await store.transact([{ key, expectedRevision }])
  return { key, object, revision: expectedRevision }
}

/** Deleted, and nothing holds it any more. */
export function isReadyToGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false
  const held =
    object.apiVersion === 'v1' && object.kind === 'Namespace' ? (object.spec as { finalizers?: unknown[] }) : {}
  return (held?.finalizers?.length ?? 0) === 0 && (deletionGracePeriodSeconds ?? 0) === 0
}

export function first(stored: readonly Stored[]): Stored {
  return stored[0] as Stored
}
