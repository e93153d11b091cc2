// What the server knows of a resource that it serves, built-in or custom.
import type { Resource } from '@flotilla/machinery/resource'
import type { KindSchema } from '@flotilla/machinery/schema'

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description?: string
  /** 0 always shown; above 0 with `-o wide`. */
  readonly priority?: number
  /** Simple JSONPath, for custom resources. */
  readonly jsonPath?: string
}

export interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

export interface ServedResource extends Resource {
  readonly singular: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  /** `status`, `scale`, `token`, `eviction`, `binding`, … */
  readonly subresources: readonly string[]
  readonly scale?: ScalePaths
  readonly schema: KindSchema
  /** OpenAPI name of the root schema, e.g. `io.k8s.api.apps.v1.Deployment`. */
  readonly schemaName: string
  /** Of a custom resource; built-in kinds have theirs in `table/`. */
  readonly columns?: readonly PrinterColumn[]
  /** Reviews (SubjectAccessReview, TokenReview …): created, answered, never stored. */
  readonly virtual?: boolean
  readonly isCustom: boolean
}

/** All served resources; changes when CRDs do. */
export interface ResourceCatalog {
  all(): readonly ServedResource[]
  find(group: string, version: string, plural: string): ServedResource | undefined
  findKind(apiVersion: string, kind: string): ServedResource | undefined
  /** Counts changes, for caches of discovery and OpenAPI documents. */
  readonly revision: number
}
