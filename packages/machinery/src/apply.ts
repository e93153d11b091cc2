// Server-side apply, and the bookkeeping of who owns which field on every other write.
import type { FieldSet } from './field-set.ts'
import type { KubeObject } from './object.ts'
import type { KindSchema } from './schema.ts'

interface WriteRequest {
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
  readonly force: boolean
}

export interface UpdateRequest extends WriteRequest {
  readonly updated: KubeObject
}

/** The object after a server-side apply, managedFields included. */
export function applyObject(request: ApplyRequest): KubeObject {
  return request.applied
}

/** `updated` with managedFields that give `manager` the fields it changed and take removed fields from everybody. */
export function trackUpdate(request: UpdateRequest): KubeObject {
  return request.updated
}
