// Which fields each endpoint may own, and the bookkeeping of plain writes.
import { trackUpdate } from '@flotilla/machinery/apply'
import type { FieldSet } from '@flotilla/machinery/field-set'
import { fieldSetOfNames } from '@flotilla/machinery/field-set'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject, ManagedFieldsEntry } from '@flotilla/machinery/object'
import { asVersion } from '../storage-forms.ts'
import type { WriteRequest } from './core.ts'

const status = fieldSetOfNames(['status'])
const spec = fieldSetOfNames(['spec'])
const allButStatus = fieldSetOfNames(['spec', 'metadata'])

/** What a writer to this endpoint does not get to own: the other endpoint's part. */
export function resetFieldsOf({ stored, subresource }: WriteRequest): FieldSet | undefined {
  if (subresource === 'status') return stored.isCustom ? allButStatus : spec
  return stored.subresources.includes('status') ? status : undefined
}

/** `object` with the managedFields that its manager's write makes of `live`'s. Both in the stored form. */
export function tracked(request: WriteRequest, object: KubeObject, live: KubeObject | undefined): KubeObject {
  const { resource, manager, rule, subresource } = request
  const given = object.metadata.managedFields
  const isReset = given !== undefined && given.length <= 1 && !given[0]?.manager && given.length > 0
  if (isReset) return withManagedFields(object, undefined)
  const base = given === undefined ? withManagedFields(object, live?.metadata.managedFields) : object
  const resetFields = resetFieldsOf(request)
  const result = trackUpdate({
    ...(live === undefined ? {} : { live: asVersion(live, resource) }),
    updated: asVersion(base, resource),
    schema: resource.schema,
    manager,
    time: rule.now,
    ...(subresource === undefined ? {} : { subresource }),
    ...(resetFields === undefined ? {} : { resetFields }),
  })
  return withManagedFields(object, untimedScale(result.metadata.managedFields))
}

/** Upstream writes down who scaled, not when. */
function untimedScale(entries: readonly ManagedFieldsEntry[] | undefined): readonly ManagedFieldsEntry[] | undefined {
  return entries?.map((entry) => {
    if (entry.subresource !== 'scale' || entry.time === undefined) return entry
    const { time: _, ...rest } = entry
    return rest
  })
}

export function withManagedFields(object: KubeObject, managedFields: readonly ManagedFieldsEntry[] | undefined) {
  const { managedFields: _, ...metadata } = object.metadata
  return {
    ...object,
    metadata: managedFields === undefined || managedFields.length === 0 ? metadata : { ...metadata, managedFields },
  }
}

/** True when a write would change nothing but the times at which managers last wrote. */
export function isSameButTimes(object: KubeObject, live: KubeObject): boolean {
  if (!deepEqual(untimed(object.metadata.managedFields), untimed(live.metadata.managedFields))) return false
  const { resourceVersion: _a, managedFields: _b, ...metadata } = object.metadata
  const { resourceVersion: _c, managedFields: _d, ...liveMetadata } = live.metadata
  return deepEqual({ ...object, metadata }, { ...live, metadata: liveMetadata })
}

function untimed(entries: readonly ManagedFieldsEntry[] | undefined): readonly Omit<ManagedFieldsEntry, 'time'>[] {
  return (entries ?? []).map(({ time: _, ...entry }) => entry)
}
