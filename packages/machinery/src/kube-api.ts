// The one interface through which every room talks to an API server: in process, over HTTP, or simulated.
import type { KubeObject, ObjectKey } from './object.ts'
import type { Resource } from './resource.ts'

export interface RequestOptions {
  readonly signal?: AbortSignal
}

export interface GetOptions extends RequestOptions {
  readonly subresource?: string
}

export interface ListOptions extends RequestOptions {
  /** None: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
}

export interface ListPage<T extends KubeObject = KubeObject> {
  readonly items: readonly T[]
  readonly resourceVersion: string
  /** Present while there is another page. */
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface WatchOptions extends RequestOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'NotOlderThan'
  readonly allowWatchBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

export interface WriteOptions extends RequestOptions {
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  readonly subresource?: string
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string
  /** Take fields that other managers own. */
  readonly force?: boolean
}

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string }

export type Patch =
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly type: 'merge' | 'strategic'; readonly patch: Readonly<Record<string, unknown>> }

export interface DeleteOptions extends RequestOptions {
  readonly dryRun?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly gracePeriodSeconds?: number
}

export interface RawRequest extends RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query, e.g. `/openapi/v3`. */
  readonly path: string
  readonly accept?: string
  readonly contentType?: string
  readonly body?: unknown
}

export interface RawResponse {
  readonly code: number
  readonly contentType: string
  /** Parsed when the answer is JSON, else the text. */
  readonly body: unknown
}

/**
 * Every method but `raw` throws FlotillaError for an answer that is no success: NotFound, Conflict, Invalid,
 * Forbidden, Expired (410), Unavailable (no connection), Timeout and so on.
 * Objects handed out may be shared with caches: they are never mutated.
 */
export interface KubeApi {
  get<T extends KubeObject = KubeObject>(resource: Resource, key: ObjectKey, options?: GetOptions): Promise<T>

  list<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): Promise<ListPage<T>>

  /**
   * Yields events until the server ends the stream (returns), the signal aborts (returns), or an error
   * (throws; Expired when the resource version is gone). The first event may be awaited at once: the watch
   * counts from the call, not from the first `next()`.
   */
  watch<T extends KubeObject = KubeObject>(resource: Resource, options?: WatchOptions): AsyncIterable<WatchEvent<T>>

  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>

  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>

  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<T>

  /** Server-side apply. `created` tells a 201 from a 200. */
  apply<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<{ readonly object: T; readonly created: boolean }>

  /** The object as it was, or as it is now when finalizers or a grace period hold it back. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject | undefined>

  /** Anything else; answers with any code, throws only when there is no answer. */
  raw(request: RawRequest): Promise<RawResponse>
}
