// Deleting: preconditions, grace, finalizers by propagation policy, and removal when nothing holds the object.
import { isError } from '@flotilla/machinery/errors'
import { fieldInvalid, fieldNotSupported } from '@flotilla/machinery/field-error'
import type { DeleteOptions, ListOptions, ListPage } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey, ObjectMeta } from '@flotilla/machinery/object'
import { timestamp } from '@flotilla/runtime/timestamp'
import { admit } from '../admission.ts'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { asVersion, storeKey } from '../storage-forms.ts'
import type { Stored } from '../store/store.ts'
import type { Core, WriteRequest } from './core.ts'
import { keyOfObject, writeRequest } from './core.ts'
import { requireVerb } from './create.ts'
import { immortalNamespaces } from './namespaces.ts'
import { conflict, forbidden, invalid, modified, notFound } from './refusals.ts'
import { list } from './read.ts'
import { isReadyToGo } from './replace.ts'

export interface Deleted {
  readonly object: KubeObject
  readonly deleted: boolean
}

const attempts = 5

export async function deleteObject(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  options: DeleteOptions,
): Promise<Deleted> {
  requireVerb(resource, 'delete')
  refuseBadOptions(options)
  const request = writeRequest(core, context, resource, options.dryRun ? { dryRun: true } : {})
  for (let attempt = 1; ; attempt++) {
    const head = core.store.head(storeKey(resource, key))
    if (head === undefined) throw notFound(request.stored, key.name)
    requirePreconditions(resource, head.object, options)
    await requireAdmitted(request, head.object)
    try {
      return await deleteHead(request, head, options)
    } catch (error) {
      if (!isError(error, 'Conflict')) throw error
      if (attempt === attempts) throw modified(request.stored, key.name)
    }
  }
}

export async function deleteCollection(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  options: DeleteOptions & ListOptions,
): Promise<ListPage> {
  requireVerb(resource, 'deletecollection')
  const { preconditions: _, ...each } = options
  const page = list(core, resource, options)
  const deletes = page.items.map((object) =>
    deleteObject(core, context, resource, keyOfObject(object), each).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
      return undefined
    }),
  )
  const done = await Promise.all(deletes)
  return { ...page, items: page.items.filter((_, index) => done[index] !== undefined) }
}

async function deleteHead(request: WriteRequest, head: Stored, options: DeleteOptions): Promise<Deleted> {
  const { core, resource } = request
  const next = marked(request, head.object, options)
  if (next === head.object) return { object: asVersion(head.object, resource), deleted: false }
  const expectedRevision = head.revision
  const isGone = next === undefined || isReadyToGo(next)
  if (request.dryRun) return { object: asVersion(next ?? head.object, resource), deleted: isGone }
  const write = isGone ? { key: head.key, expectedRevision } : { key: head.key, expectedRevision, object: next }
  const [result] = await core.store.transact([write])
  const written = (result as Stored).object
  const object = isGone ? lastState(request, written) : written
  return { object: asVersion(object, resource), deleted: isGone }
}

/** What the answer shows of an object that is gone: of kinds with grace, the end of it. */
function lastState({ rules, core }: WriteRequest, object: KubeObject): KubeObject {
  if (rules.gracePeriod === undefined) return object
  const { metadata } = object
  if (metadata.deletionTimestamp) return { ...object, metadata: { ...metadata, deletionGracePeriodSeconds: 0 } }
  return { ...object, metadata: deletionMetadata(core.env.clock.now(), metadata, 0, []) }
}

/** The object as deletion leaves it: itself when nothing is to do but wait, undefined when it goes at once. */
function marked(request: WriteRequest, current: KubeObject, options: DeleteOptions): KubeObject | undefined {
  const { rules, core, stored, rule } = request
  const isFirst = current.metadata.deletionTimestamp === undefined
  const object = isFirst ? (rules.beforeDelete?.(current, rule.now) ?? current) : current
  const finalizers = finalizersFor(request, object, options)
  const grace = rules.gracePeriod?.(object, options.gracePeriodSeconds) ?? 0
  const isHeld = finalizers.length > 0 || isHeldNamespace(stored, object)
  const metadata = object.metadata
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = metadata
  if (deletionTimestamp === undefined) {
    if (!isHeld && grace === 0) return undefined
    const deleted = deletionMetadata(core.env.clock.now(), metadata, grace, finalizers)
    if (!isHeldNamespace(stored, object) && !isDefinition(stored)) return { ...object, metadata: deleted }
    const { deletionGracePeriodSeconds: _, ...waiting } = deleted
    const { generation } = metadata
    return { ...object, metadata: generation === undefined ? waiting : { ...waiting, generation } }
  }
  if (running && options.gracePeriodSeconds !== undefined && grace < running) {
    if (grace === 0 && !isHeld) return undefined
    const since = Date.parse(deletionTimestamp) - running * 1000
    const shorter = { ...deletionMetadata(since, metadata, grace, finalizers), generation: metadata.generation }
    return { ...object, metadata: withoutUndefined(shorter) }
  }
  if (running) return object
  if (!isHeld) return undefined
  return sameList(finalizers, metadata.finalizers ?? []) ? object : { ...object, metadata: { ...metadata, finalizers } }
}

function deletionMetadata(
  from: number,
  metadata: ObjectMeta,
  grace: number,
  finalizers: readonly string[],
): ObjectMeta {
  const { finalizers: _, ...rest } = metadata
  return {
    ...rest,
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
    ...(finalizers.length > 0 ? { finalizers } : {}),
    deletionTimestamp: timestamp(from + grace * 1000),
    deletionGracePeriodSeconds: grace,
  }
}

/** Finalizers after the propagation policy had its say. */
function finalizersFor({ rules }: WriteRequest, object: KubeObject, options: DeleteOptions): readonly string[] {
  const current = object.metadata.finalizers ?? []
  const policy = options.propagationPolicy ?? impliedPolicy(current, rules.orphansByDefault ?? false)
  const others = current.filter((one) => one !== 'orphan' && one !== 'foregroundDeletion')
  if (policy === 'Orphan') return [...others, 'orphan']
  if (policy === 'Foreground') return [...others, 'foregroundDeletion']
  return others
}

function impliedPolicy(current: readonly string[], orphans: boolean): DeleteOptions['propagationPolicy'] {
  if (current.includes('orphan')) return 'Orphan'
  if (current.includes('foregroundDeletion')) return 'Foreground'
  return orphans ? 'Orphan' : 'Background'
}

/** Definitions and namespaces end in a way of their own, without grace. */
function isDefinition({ group, plural }: ServedResource): boolean {
  return group === 'apiextensions.k8s.io' && plural === 'customresourcedefinitions'
}

function isHeldNamespace(resource: ServedResource, object: KubeObject): boolean {
  if (resource.group !== '' || resource.plural !== 'namespaces') return false
  return ((object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers?.length ?? 0) > 0
}

async function requireAdmitted(request: WriteRequest, oldObject: KubeObject): Promise<void> {
  const { core, context, stored, dryRun } = request
  const { name } = oldObject.metadata
  if (stored.group === '' && stored.plural === 'namespaces' && immortalNamespaces.includes(name)) {
    throw forbidden(stored, name, 'this namespace may not be deleted')
  }
  if (core.admission.length === 0) return
  const admission = { operation: 'DELETE', resource: stored, oldObject, user: context.user, dryRun } as const
  await admit(core.admission, admission, context.warn)
}

function requirePreconditions(resource: ServedResource, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { name, uid, resourceVersion } = object.metadata
  const byKind = { group: resource.group, plural: resource.kind }
  if (preconditions?.uid && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
    throw conflict(byKind, name, why)
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
    throw conflict(byKind, name, why)
  }
}

const policies = ['Background', 'Foreground', 'Orphan']

function refuseBadOptions({ propagationPolicy, gracePeriodSeconds }: DeleteOptions): void {
  const causes = []
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    causes.push(fieldNotSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  }
  if (gracePeriodSeconds !== undefined && !Number.isInteger(gracePeriodSeconds)) {
    causes.push(fieldInvalid('gracePeriodSeconds', gracePeriodSeconds, 'must be an integer'))
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes)
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index])
}

function withoutUndefined<T extends object>(value: T): ObjectMeta {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as unknown as ObjectMeta
}
