// metadata.managedFields: who owns which fields, read into field sets and written back.
import { FlotillaError } from './errors.ts'
import { emptyFieldSet, encodeFieldSet, equalSets, isEmpty, parseFieldSet, union, type FieldSet } from './field-set.ts'
import { deepEqual } from './json.ts'
import { isJsonObject } from './json-value.ts'
import type { FieldsV1, KubeObject, ManagedFieldsEntry } from './object.ts'

/** Names an owner: a manager owns apart what it applies and what it updates, and by subresource. */
export type OwnerId = string

export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  /** '' for the object itself. */
  readonly subresource: string
  /** None: it owns fields that were there with the same value when it applied them. */
  readonly time: string | undefined
  readonly fields: FieldSet
  /** The entry that this owner was read from, as long as it says the same. */
  readonly entry?: ManagedFieldsEntry
}

export type Owners = ReadonlyMap<OwnerId, Owner>

export const noOwners: Owners = new Map()

/** Whoever applies is one owner whatever API version it uses; updates are kept by version. */
export function ownerId(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): OwnerId {
  const version = owner.operation === 'Apply' ? '' : owner.apiVersion
  return [owner.manager, owner.operation, version, owner.subresource].join('\n')
}

/** Throws BadRequest when an entry is none. */
export function readOwners(object: KubeObject | undefined): Owners {
  const entries: unknown = object?.metadata.managedFields
  if (!Array.isArray(entries) || entries.length === 0) return noOwners
  const owners = new Map<OwnerId, Owner>()
  for (const [index, entry] of entries.entries()) {
    const owner = readEntry(entry, index)
    owners.set(ownerId(owner), owner)
  }
  return owners
}

/**
 * The owners that an update starts from: those that the request states, if it states any, or else the live ones.
 * A request that states none on purpose (`[]` or `[{}]`) takes everything from everybody. Only the object itself
 * may state them, a subresource may not.
 */
export function ownersForUpdate(live: KubeObject | undefined, updated: KubeObject, subresource: string): Owners {
  if (subresource !== '') return readOwnersLeniently(live) ?? noOwners
  if (isReset(updated.metadata.managedFields)) return noOwners
  const stated = readOwnersLeniently(updated)
  return stated === undefined || stated.size === 0 ? (readOwnersLeniently(live) ?? noOwners) : stated
}

function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false
  return entries.length === 0 || (entries.length === 1 && deepEqual(entries[0], {}))
}

function readOwnersLeniently(object: KubeObject | undefined): Owners | undefined {
  try {
    return readOwners(object)
  } catch (error) {
    if (error instanceof FlotillaError) return undefined
    throw error
  }
}

function readEntry(value: unknown, index: number): Owner {
  const entry = isJsonObject(value) ? value : {}
  const { manager, operation, apiVersion, fieldsType, fieldsV1, subresource, time } = entry
  if (operation !== 'Apply' && operation !== 'Update') throw badEntry(index, 'operation must be `Apply` or `Update`')
  if (typeof apiVersion !== 'string' || apiVersion === '') throw badEntry(index, 'apiVersion must not be empty')
  if (fieldsType !== 'FieldsV1') throw badEntry(index, `fieldsType ${JSON.stringify(fieldsType)} is not FieldsV1`)
  return {
    manager: typeof manager === 'string' ? manager : '',
    operation,
    apiVersion,
    subresource: typeof subresource === 'string' ? subresource : '',
    time: typeof time === 'string' ? time : undefined,
    fields: isJsonObject(fieldsV1) ? readFields(fieldsV1 as FieldsV1, index) : emptyFieldSet,
    entry: value as ManagedFieldsEntry,
  }
}

function readFields(fields: FieldsV1, index: number): FieldSet {
  try {
    return parseFieldSet(fields)
  } catch (error) {
    throw badEntry(index, error instanceof Error ? error.message : String(error))
  }
}

function badEntry(index: number, why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot read managedFields entry ${index}: ${why}`)
}

/** `owner` with other fields; the very owner when they are the same. */
export function withFields(owner: Owner, fields: FieldSet): Owner {
  if (fields === owner.fields || equalSets(fields, owner.fields)) return owner
  const { entry: _, ...rest } = owner
  return { ...rest, fields }
}

/** `object` with these owners in its metadata; the very object when it has them already. */
export function writeOwners(object: KubeObject, owners: Owners): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  const entries = [...owners.values()].filter((owner) => !isEmpty(owner.fields)).sort(compareOwners)
  if (entries.length === 0) return managedFields === undefined ? object : { ...object, metadata }
  if (entries.length === managedFields?.length && entries.every(({ entry }, i) => entry === managedFields[i])) {
    return object
  }
  return { ...object, metadata: { ...metadata, managedFields: entries.map((owner) => owner.entry ?? encode(owner)) } }
}

function encode(owner: Owner): ManagedFieldsEntry {
  return {
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldSet(owner.fields),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  }
}

/** `object` without its managedFields, for comparing and merging it. */
export function withoutOwners(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compare(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  )
}

function secondsOf({ time }: Owner): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** More owners by update than these, and the oldest become one. */
const maxUpdaters = 10
const ancientManager = 'ancient-changes'

/** Folds the oldest updaters of each API version into one, until there are few enough. */
export function capUpdaters(owners: Owners): Owners {
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update')
  if (updaters.length <= maxUpdaters) return owners
  updaters.sort(([idA, a], [idB, b]) => secondsOf(a) - secondsOf(b) || compare(idA, idB))
  const capped = new Map(owners)
  const oldestOf = new Map<string, OwnerId>()
  let excess = updaters.length - maxUpdaters
  for (const [id, owner] of updaters) {
    if (excess === 0) break
    const oldest = oldestOf.get(owner.apiVersion)
    if (oldest === undefined) {
      oldestOf.set(owner.apiVersion, id)
    } else {
      foldInto(capped, oldest, id, owner)
      excess--
    }
  }
  return capped
}

/** The bucket of a version begins as its oldest updater, and is as young as the last one folded into it. */
function foldInto(owners: Map<OwnerId, Owner>, oldest: OwnerId, id: OwnerId, owner: Owner): void {
  const { entry: _, ...rest } = { ...owner, manager: ancientManager, subresource: '' }
  const bucketId = ownerId(rest)
  const bucket = owners.get(bucketId) ?? owners.get(oldest)
  if (!owners.has(bucketId)) owners.delete(oldest)
  owners.delete(id)
  owners.set(bucketId, { ...rest, fields: union(owner.fields, bucket?.fields ?? emptyFieldSet) })
}
