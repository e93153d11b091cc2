// What a kind adds to the schema: defaults that depend on other fields, what the server decides, further checks.
import type { StatusCause } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Store } from '../store/store.ts'

export interface RuleContext {
  readonly env: Env
  readonly store: Store
  /** The time of the request, as the API writes times. */
  readonly now: string
  readonly user: string
}

/** All on the stored form of the kind; all optional; none changes what it is given. */
export interface KindRules {
  /** Conditional defaults, after those of the schema; on every write. */
  readonly defaults?: (object: KubeObject) => KubeObject
  /** What the server decides on a create: allocated addresses, generated selectors, phases. */
  readonly prepareForCreate?: (object: KubeObject, context: RuleContext) => KubeObject
  /** A second write right after the create, in one transaction with it; the create answers with the first. */
  readonly settle?: (object: KubeObject, context: RuleContext) => KubeObject
  /** What an update may not change and the server keeps. */
  readonly prepareForUpdate?: (object: KubeObject, before: KubeObject, context: RuleContext) => KubeObject
  readonly validate?: (object: KubeObject) => readonly StatusCause[]
  /** Beside `validate`. */
  readonly validateUpdate?: (object: KubeObject, before: KubeObject) => readonly StatusCause[]
  /** What its user should know of an object that is accepted. */
  readonly warnings?: (object: KubeObject) => readonly string[]
  /** Of a status that is written. */
  readonly validateStatus?: (object: KubeObject) => readonly StatusCause[]
  /** How names of the kind look; default: DNS subdomain. */
  readonly checkName?: (name: string) => readonly string[]
  /** Counts changes of everything but metadata and status in metadata.generation. */
  readonly hasGeneration?: boolean
  /** A status given on create is kept (Node). */
  readonly keepsStatusOnCreate?: boolean
  /** PUT of an object that is not there creates it. */
  readonly createsOnUpdate?: boolean
  /** An update must name the resourceVersion it is based on. */
  readonly needsResourceVersion?: boolean
  /** Seconds before a delete acts, 0 for at once; absent: kinds that delete at once. */
  readonly gracePeriod?: (object: KubeObject, asked: number | undefined) => number
  /** What the first delete does to the object beside its metadata's timestamp. */
  readonly beforeDelete?: (object: KubeObject, now: string) => KubeObject
  /** Deletes orphan by default (batch/v1 Job). */
  readonly orphansByDefault?: boolean
  /** Fields for field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string | undefined>>
}
