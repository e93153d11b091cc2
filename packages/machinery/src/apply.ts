// Server-side apply, and who owns which field after any other write.
import { coarsenFields } from './coarsen-fields.ts'
import { conflictError, conflictsBeside, type ApplyConflict } from './apply-conflict.ts'
import { emptyObject } from './empty-object.ts'
import { FlotillaError } from './errors.ts'
import {
  difference,
  emptyFieldSet,
  fieldSetOfNames,
  intersection,
  isEmpty,
  union,
  withoutBranches,
  type FieldSet,
} from './field-set.ts'
import { typeOfKind } from './field-type.ts'
import { deepEqual } from './json.ts'
import { fieldsOfLastApplied, refreshLastApplied } from './last-applied.ts'
import {
  capUpdaters,
  noOwners,
  ownerId,
  ownersForUpdate,
  readOwners,
  withFields,
  withoutOwners,
  writeOwners,
  type Owner,
  type OwnerId,
  type Owners,
} from './managed-fields.ts'
import type { KubeObject } from './object.ts'
import { pruneAbandoned } from './prune-abandoned.ts'
import { parseApiVersion } from './resource.ts'
import type { KindSchema } from './schema.ts'
import { misfitsOf } from './typed-check.ts'
import { compareFields, type FieldChanges } from './typed-compare.ts'
import { fieldSetOf } from './typed-fields.ts'
import { mergeValues } from './typed-merge.ts'

interface WriteRequest {
  /** None: the object is created. */
  readonly live?: KubeObject
  readonly schema: KindSchema
  readonly manager: string
  /** RFC 3339. */
  readonly time: string
  readonly subresource?: string
  /** Field paths that this endpoint may not own (status on the main resource, everything but status on /status). */
  readonly resetFields?: FieldSet
}

export interface ApplyRequest extends WriteRequest {
  readonly applied: KubeObject
  /** Take fields that others own with another value. */
  readonly force: boolean
  /** A field that loses its last content becomes null, as upstream has it where no Go structure tells it from none. */
  readonly keepsEmptied?: boolean
}

export interface UpdateRequest extends WriteRequest {
  readonly updated: KubeObject
}

/** Fields of every object that nobody owns. */
const unowned = fieldSetOfNames([
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
])

/** Name under which kube-apiserver lets kubectl take over from client-side apply. */
const kubectl = 'kubectl'

/**
 * The object after a server-side apply, managedFields included; `live` itself when nothing changes. Not defaulted.
 * Throws Conflict (with a cause for each field) unless forced, BadRequest for managedFields in `applied` and for
 * those of `live` that cannot be read, and Unknown for what the schema does not allow.
 */
export function applyObject(request: ApplyRequest): KubeObject {
  const { applied, schema, manager } = request
  if (applied.metadata.managedFields !== undefined) {
    throw new FlotillaError('BadRequest', 'metadata.managedFields must be nil')
  }
  refuseMisfits(applied, schema)
  const result = applyTakingOver(request)
  return manager === kubectl ? refreshLastApplied(result, applied) : result
}

/** `updated` with managedFields that give `manager` the fields it changed and take removed fields from everybody. */
export function trackUpdate(request: UpdateRequest): KubeObject {
  const { live, updated, subresource = '' } = request
  const owners = ownersToday(ownersForUpdate(live, updated, subresource), request.schema)
  // Objects of which nobody is known to own anything stay so until the first apply.
  const tracked = owners.size > 0 || live === undefined
  return writeOwners(updated, tracked ? ownersAfterUpdate(request, owners) : noOwners)
}

function refuseMisfits(applied: KubeObject, schema: KindSchema): void {
  const misfits = misfitsOf(applied, schema)
  if (misfits.length === 0) return
  const why = misfits.length === 1 ? misfits[0] : ['errors:', ...misfits.map((misfit) => `  ${misfit}`)].join('\n')
  const { namespace = '', name } = applied.metadata
  const { group, version } = parseApiVersion(applied.apiVersion)
  const what = `${namespace}/${name}; ${group}/${version}, Kind=${applied.kind}`
  throw new FlotillaError('Unknown', `failed to create typed patch object (${what}): ${why}`)
}

/** Applies; what client-side apply set and kubectl now applies otherwise is no conflict. */
function applyTakingOver(request: ApplyRequest): KubeObject {
  const { live, schema, force, manager } = request
  const attempt = attemptApply(request)
  if (force || attempt.conflicts.length === 0) return attempt.result()
  const allowed = manager === kubectl && live !== undefined ? fieldsOfLastApplied(live, schema) : undefined
  const conflicts = conflictsBeside(attempt.conflicts, allowed ?? emptyFieldSet)
  if (conflicts.length > 0) throw conflictError(conflicts)
  return attempt.result()
}

interface ApplyAttempt {
  readonly conflicts: readonly ApplyConflict[]
  /** The object, the conflicting fields taken from their owners. */
  readonly result: () => KubeObject
}

function attemptApply(request: ApplyRequest): ApplyAttempt {
  const { live, applied, schema, resetFields = emptyFieldSet } = request
  const before = live === undefined ? undefined : withoutOwners(live)
  const owners = ownersBeforeApply(request)
  const id = ownerId(ownerOf(request, 'Apply'))
  const fields = withoutBranches(fieldSetOf(applied, schema), resetFields)
  const merged = mergeValues(before, applied, typeOfKind(schema)) as KubeObject
  const others = [...owners.values()].filter((owner) => ownerId(owner) !== id)
  const lastFields = owners.get(id)?.fields ?? emptyFieldSet
  const after = pruneAbandoned(merged, lastFields, [fields, ...others.map((owner) => owner.fields)], schema)
  const changes = before === undefined ? noChanges : changesOf(before, after.emptied, request)
  return {
    conflicts: others.flatMap((owner) => conflictOf(owner, changes)),
    result: () => {
      const isSame = before !== undefined && deepEqual(before, after.emptied)
      const changed = request.keepsEmptied ? after.emptied : after.object
      const next = isSame && live !== undefined ? live : changed
      return writeOwners(next, ownersAfterApply(request, owners, fields, changes, !isSame))
    },
  }
}

const noChanges: FieldChanges = { added: emptyFieldSet, modified: emptyFieldSet, removed: emptyFieldSet }

/** Before the first apply of an object that nobody tracked, one manager owns what is there. */
function ownersBeforeApply(request: ApplyRequest): Owners {
  const { live } = request
  const owners = ownersToday(readOwners(live), request.schema)
  if (live === undefined || owners.size > 0) return owners
  const { live: _, ...creation } = request
  return ownersAfterUpdate({ ...creation, updated: live, manager: 'before-first-apply' }, noOwners)
}

/** Owners in the terms of the schema as it is now. */
function ownersToday(owners: Owners, schema: KindSchema): Owners {
  const today = new Map<OwnerId, Owner>()
  for (const [id, owner] of owners) today.set(id, withFields(owner, coarsenFields(owner.fields, schema)))
  return today
}

function conflictOf(owner: Owner, { added, modified }: FieldChanges): readonly ApplyConflict[] {
  const fields = union(intersection(owner.fields, modified), intersection(owner.fields, added))
  return isEmpty(fields) ? [] : [{ owner, fields }]
}

function ownersAfterApply(
  request: ApplyRequest,
  owners: Owners,
  fields: FieldSet,
  changes: FieldChanges,
  isChange: boolean,
): Owners {
  const applier = ownerOf(request, 'Apply')
  const id = ownerId(applier)
  const previous = owners.get(id)
  const next = new Map<OwnerId, Owner>(withoutChanged(owners, changes))
  const owned = difference(fields, unowned)
  const sameVersion = previous?.apiVersion === applier.apiVersion
  const kept = previous !== undefined && sameVersion && !isChange ? withFields(previous, owned) : undefined
  next.set(id, kept ?? { ...applier, time: isChange ? request.time : previous?.time, fields: owned })
  return next
}

function ownersAfterUpdate(request: UpdateRequest, owners: Owners): Owners {
  const { live, updated, schema, time } = request
  const before = live === undefined ? emptyObject(schema) : withoutOwners(live)
  const changes = changesOf(before as KubeObject, withoutOwners(updated), request)
  const next = new Map<OwnerId, Owner>(withoutChanged(owners, changes))
  const taken = difference(union(changes.modified, changes.added), unowned)
  if (!isEmpty(taken)) {
    const updater = ownerOf(request, 'Update')
    const id = ownerId(updater)
    next.set(id, { ...updater, time, fields: union(taken, next.get(id)?.fields ?? emptyFieldSet) })
  }
  return capUpdaters(next)
}

function ownerOf(
  { manager, subresource = '', ...request }: ApplyRequest | UpdateRequest,
  operation: 'Apply' | 'Update',
) {
  const { apiVersion } = 'applied' in request ? request.applied : request.updated
  return { manager: manager === '' ? 'unknown' : manager, operation, apiVersion, subresource } as const
}

function changesOf(before: KubeObject, after: KubeObject, request: WriteRequest): FieldChanges {
  const changes = compareFields(before, after, request.schema)
  const { resetFields } = request
  if (resetFields === undefined) return changes
  return {
    added: withoutBranches(changes.added, resetFields),
    modified: withoutBranches(changes.modified, resetFields),
    removed: withoutBranches(changes.removed, resetFields),
  }
}

/** Owners less the fields that changed; those who own nothing any more are gone. */
function* withoutChanged(owners: Owners, { added, modified, removed }: FieldChanges): Generator<[OwnerId, Owner]> {
  for (const [id, owner] of owners) {
    const fields = [modified, added, removed].reduce(difference, owner.fields)
    if (!isEmpty(fields)) yield [id, withFields(owner, fields)]
  }
}
