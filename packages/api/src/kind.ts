// What makes a kind: its resource, its schema, how it is listed. CRD and reference derive from it.
import type { Resource } from '@flotilla/machinery/resource'
import type { TSchema } from 'typebox'
import { group, version } from './group.ts'

export interface KindColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** Simple JSONPath from the object's root, with a leading dot. */
  readonly jsonPath: string
  readonly description: string
  /** Above 0: only with `-o wide`. */
  readonly priority?: number
}

export interface KindOptions {
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly description: string
  readonly spec: TSchema
  /** Kinds with one have the subresource `status`. */
  readonly status?: TSchema
  readonly columns: readonly KindColumn[]
}

export interface KindDefinition extends Omit<KindOptions, 'plural' | 'namespaced' | 'kind'> {
  readonly resource: Resource
}

export function defineKind({ kind, plural, namespaced, ...rest }: KindOptions): KindDefinition {
  return { ...rest, resource: { group, version, plural, kind, namespaced } }
}
