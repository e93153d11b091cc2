// Creating objects.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { WriteOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { applyDefaults } from '@flotilla/machinery/defaults'
import { admit } from '../admission.ts'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { asVersion, storeKey } from '../storage-forms.ts'
import { asKept, asObjectOf, cannotHandle, checkLimits, conform, schemaCauses } from './body.ts'
import type { Core, WriteRequest } from './core.ts'
import { keyOfObject, writeRequest } from './core.ts'
import { tracked, withManagedFields } from './field-managers.ts'
import { generatedName, metadataCauses, newMetadata } from './metadata.ts'
import { warnOfRules } from '../custom-resources/unenforced.ts'
import { requireLiveNamespace } from './namespaces.ts'
import { alreadyExists, badRequest, invalid, notAllowed } from './refusals.ts'

/** How often a generated name that is taken is made anew. */
const nameAttempts = 8

export async function create(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  body: KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  requireVerb(resource, 'create')
  const request = writeRequest(core, context, resource, options)
  const given = asObjectOf(resource, body)
  if (given.metadata.resourceVersion) {
    throw new FlotillaError('Unknown', 'resourceVersion should not be set on objects to be created')
  }
  requireNamespaceStated(resource, given)
  const object = conform(request, given, (problem) => cannotHandle(resource, problem))
  return createConformed(request, object)
}

/** Creates `object`, which is in the stored form already. `managedFields`: as apply made them. */
export async function createConformed(
  request: WriteRequest,
  object: KubeObject,
  managedFields?: KubeObject['metadata']['managedFields'],
): Promise<KubeObject> {
  const { generateName, name } = object.metadata
  if (name || !generateName) return createNamed(request, object, managedFields)
  for (let attempt = 1; ; attempt++) {
    const metadata = { ...object.metadata, name: generatedName(request.core.env, generateName) }
    try {
      return await createNamed(request, { ...object, metadata }, managedFields)
    } catch (error) {
      if (attempt === nameAttempts || !isError(error, 'AlreadyExists')) throw error
    }
  }
}

async function createNamed(
  request: WriteRequest,
  object: KubeObject,
  managedFields: KubeObject['metadata']['managedFields'],
): Promise<KubeObject> {
  const { core, resource, stored } = request
  const ready = await prepared(request, object)
  // Of what was asked for: nobody owns what the server itself decides, an address for instance.
  const owners = managedFields ?? tracked(request, object, undefined).metadata.managedFields
  const owned = asKept(request, withManagedFields(ready, owners))
  checkLimits(owned)
  const key = storeKey(resource, keyOfObject(owned))
  const taken = core.store.head(key)
  if (taken !== undefined) throw alreadyExists(stored, owned.metadata.name, taken.object)
  if (request.dryRun) return asVersion(withVersionOf(object, owned), resource)
  try {
    const settled = request.rules.settle?.(owned, request.rule)
    const writes = [{ key, expectedRevision: 0, object: owned }, ...(settled ? [{ key, object: settled }] : [])]
    const [result] = await core.store.transact(writes)
    return asVersion((result as { object: KubeObject }).object, resource)
  } catch (error) {
    throw isError(error, 'AlreadyExists') ? alreadyExists(stored, owned.metadata.name) : error
  }
}

async function prepared(request: WriteRequest, object: KubeObject): Promise<KubeObject> {
  const { core, context, stored, rules, rule, dryRun } = request
  requireLiveNamespace(core.store, stored, object)
  const metadata = newMetadata(core.env, rule.now, object.metadata, (rules.hasGeneration ?? false) || stored.isCustom)
  const fresh = { ...withoutStatus(request, object), metadata }
  const decided = rules.prepareForCreate?.(fresh, rule) ?? fresh
  const admission = { operation: 'CREATE', resource: stored, object: decided, user: context.user, dryRun } as const
  const admitted = (await admit(core.admission, admission, context.warn)) ?? decided
  warnOfRules(request)
  const causes = [
    ...metadataCauses(admitted, stored, rules),
    ...schemaCauses(request, admitted),
    ...(rules.validate?.(admitted) ?? []),
  ]
  if (causes.length > 0) throw invalid(stored, admitted.metadata.name ?? '', causes)
  for (const warning of rules.warnings?.(admitted) ?? []) context.warn(warning)
  return admitted
}

/** What is not stored keeps the version that was asked for. */
function withVersionOf({ metadata: { resourceVersion } }: KubeObject, object: KubeObject): KubeObject {
  return resourceVersion ? { ...object, metadata: { ...object.metadata, resourceVersion } } : object
}

/** A status is its controller's to write, through the subresource; the empty one stays where Go writes one. */
function withoutStatus({ stored, rules }: WriteRequest, object: KubeObject): KubeObject {
  if (!stored.subresources.includes('status') || rules.keepsStatusOnCreate) return object
  const { status: _, ...rest } = object as KubeObject & { status?: unknown }
  const status = emptyStatus(stored)
  return status === undefined ? (rest as KubeObject) : { ...(rest as KubeObject), status }
}

const emptyStatuses = new WeakMap<object, { readonly status: unknown }>()

/** What Go writes for a status that says nothing; undefined where it writes none. */
function emptyStatus({ isCustom, schema }: ServedResource): unknown {
  if (isCustom || schema.root.properties?.status?.default === undefined) return undefined
  const known = emptyStatuses.get(schema)
  if (known !== undefined) return known.status
  const { status } = applyDefaults(schema, {}) as { readonly status?: unknown }
  emptyStatuses.set(schema, { status })
  return status
}

export function requireVerb(resource: ServedResource, verb: string): void {
  if (!resource.verbs.includes(verb)) throw notAllowed(resource, verb)
}

export function requireNamespaceStated(resource: ServedResource, object: KubeObject): void {
  if (resource.namespaced && !object.metadata.namespace) {
    throw badRequest('an empty namespace may not be set during creation')
  }
  if (!resource.namespaced && object.metadata.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
