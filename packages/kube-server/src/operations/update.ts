// PUT, the four patches, and server-side apply: each is a way to make the next state.
import { applyObject } from '@flotilla/machinery/apply'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import { applyJsonPatch } from '@flotilla/machinery/json-patch'
import type { ApplyOptions, JsonPatchOperation, Patch, WriteOptions } from '@flotilla/machinery/kube-api'
import { applyMergePatch } from '@flotilla/machinery/merge-patch'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { applyStrategicMergePatch } from '@flotilla/machinery/strategic-merge-patch'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { asVersion, storeKey } from '../storage-forms.ts'
import { asObjectOf, cannotHandle, checkLimits, conform } from './body.ts'
import type { Core, WriteRequest } from './core.ts'
import { writeRequest } from './core.ts'
import { createConformed, requireVerb } from './create.ts'
import { resetFieldsOf } from './field-managers.ts'
import { shownPatch } from './patch-text.ts'
import { wrongType } from './wrong-types.ts'
import { badRequest, notFound } from './refusals.ts'
import type { NextState } from './replace.ts'
import { refuseUnreadableVersion, replace, requireSameUid } from './replace.ts'

export interface Written {
  readonly object: KubeObject
  readonly created: boolean
}

export async function update(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  body: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  requireVerb(resource, 'update')
  const request = writeRequest(core, context, resource, options)
  const named = asObjectOf(resource, body)
  requireNamed(named, key)
  const object = conform(request, identified(named, key), (problem) => cannotHandle(resource, problem))
  const isNew = core.store.head(storeKey(resource, key)) === undefined
  if (isNew && request.rules.createsOnUpdate && request.subresource === undefined) {
    context.checkCreate?.()
    return { object: await createConformed(request, object), created: true }
  }
  const replaced = await replace(request, key, (live) => {
    requireSameUid(request, object, live)
    return { object }
  })
  return { object: replaced, created: false }
}

function requireNamed({ metadata }: KubeObject, { name }: ObjectKey): void {
  if (metadata.name) return
  throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
}

/** The body's name and namespace are the URL's; stating others is refused. */
function identified(object: KubeObject, { name, namespace }: ObjectKey): KubeObject {
  const { metadata } = object
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${namespace ?? ''})`,
    )
  }
  return { ...object, metadata: { ...metadata, name, ...(namespace ? { namespace } : {}) } }
}

export async function patch(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  change: Patch,
  options: WriteOptions,
): Promise<KubeObject> {
  requireVerb(resource, 'patch')
  const request = writeRequest(core, context, resource, options)
  checkLimits(change)
  return replace(request, key, (live) => ({ object: patched(request, live, change) }))
}

function patched(request: WriteRequest, live: KubeObject, change: Patch): KubeObject {
  const { resource } = request
  const current = asVersion(live, resource)
  const result = patchedValue(resource, current, change)
  const refuse = (problem: string) => badPatch(shownPatch(change, current, result), problem)
  const named = asObjectOf(resource, ofKind(request, result, refuse))
  requireNamed(named, live.metadata)
  const object = identified(named, live.metadata)
  return conform(request, object, refuse)
}

function badPatch(shown: string, problem: string): FlotillaError {
  const cause = fieldInvalid('patch', shown, problem)
  return new FlotillaError('Invalid', ` "" is invalid: ${cause.field}: ${cause.message}`, { causes: [cause] })
}

/** A patch may not make another kind of an object. */
function ofKind({ core, resource }: WriteRequest, result: unknown, refuse: (problem: string) => Error): unknown {
  const { kind = resource.kind } = result as { kind?: unknown }
  if (kind === resource.kind || resource.isCustom) return result
  const other = core.catalog.findKind(apiVersionOf(resource), String(kind))
  const wrong = other && wrongType(other.schema, other.schemaName, result)
  if (wrong !== undefined) throw refuse(wrong)
  throw refuse(`${String(kind)} in version "${resource.version}" cannot be handled as a ${resource.kind}`)
}

function patchedValue(resource: ServedResource, current: KubeObject, change: Patch): unknown {
  if (change.type === 'json') return applyOperations(current, change.operations)
  if (change.type === 'merge') return applyMergePatch(current, change.patch)
  if (resource.isCustom) {
    const text =
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'
    throw new FlotillaError('UnsupportedMediaType', text)
  }
  return applyStrategicMergePatch(current, change.patch, resource.schema)
}

/** The server tells nothing of why operations cannot be applied. */
function applyOperations(current: KubeObject, operations: readonly JsonPatchOperation[]): unknown {
  try {
    return applyJsonPatch(current, operations, { replaceAdds: true })
  } catch (error) {
    if (!isError(error, 'Invalid')) throw error
    throw new FlotillaError(
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
      { cause: error },
    )
  }
}

export async function apply(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  body: KubeObject,
  options: ApplyOptions,
): Promise<Written> {
  requireVerb(resource, 'patch')
  const request = writeRequest(core, context, resource, options)
  const applied = named(asObjectOf(resource, body), key)
  refuseUnappliable(applied)
  if (core.store.head(storeKey(resource, key)) === undefined) {
    if (request.subresource !== undefined) throw notFound(resource, key.name)
    context.checkCreate?.()
    try {
      return { object: await createApplied(request, key, applied, options), created: true }
    } catch (error) {
      // Somebody was faster: it is applied to what they made.
      if (!isError(error, 'AlreadyExists')) throw error
    }
  }
  const object = await replace(request, key, (live) => appliedTo(request, live, applied, options))
  return { object, created: false }
}

/** The applied object as it was stated, but for a name: what it says of its namespace is part of its answers. */
function named(object: KubeObject, key: ObjectKey): KubeObject {
  identified(object, key)
  return object.metadata.name ? object : { ...object, metadata: { ...object.metadata, name: key.name } }
}

function refuseUnappliable({ metadata }: KubeObject): void {
  if (metadata.managedFields !== undefined && metadata.managedFields.length > 0) {
    throw badRequest('metadata.managedFields must be nil')
  }
}

async function createApplied(
  request: WriteRequest,
  key: ObjectKey,
  applied: KubeObject,
  options: ApplyOptions,
): Promise<KubeObject> {
  if (applied.metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`
    throw new FlotillaError('Conflict', why)
  }
  const result = applyObject(applyRequest(request, undefined, applied, options))
  const object = conformApplied(request, identified(result, key))
  refuseUnreadableVersion(object)
  return createConformed(request, object, result.metadata.managedFields ?? [])
}

function appliedTo(request: WriteRequest, live: KubeObject, applied: KubeObject, options: ApplyOptions): NextState {
  const result = applyObject(applyRequest(request, asVersion(live, request.resource), applied, options))
  return { object: conformApplied(request, result), isTracked: true }
}

/** What an apply leaves null of a custom resource is its schema's to judge: no decoder has seen it. */
function conformApplied(request: WriteRequest, object: KubeObject): KubeObject {
  return conform(request, object, (problem) => badRequest(problem), { keepsNulls: request.resource.isCustom })
}

function applyRequest(request: WriteRequest, live: KubeObject | undefined, applied: KubeObject, options: ApplyOptions) {
  const resetFields = resetFieldsOf(request)
  return {
    ...(live === undefined ? {} : { live }),
    applied: { ...applied, apiVersion: apiVersionOf(request.resource) },
    schema: request.resource.schema,
    manager: options.fieldManager,
    force: options.force ?? false,
    keepsEmptied: request.resource.isCustom,
    time: request.rule.now,
    ...(request.subresource === undefined ? {} : { subresource: request.subresource }),
    ...(resetFields === undefined ? {} : { resetFields }),
  }
}
