// The verbs of the API behind authentication and authorization. HTTP and the in-process KubeApi both end here.
import type {
  ApplyOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  ListPage,
  Patch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { ServedResource } from './served-resource.ts'

export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface RequestContext {
  readonly user: UserInfo
  /** Becomes a `Warning` header. */
  warn(text: string): void
  /** Called before an update or an apply creates its object. Throws Forbidden for a user who may not create it. */
  checkCreate?(): void
  readonly bodyProblems?: BodyProblems
}

/** What is wrong in the text of a body and does not make it unreadable: fields that are given twice. */
export interface BodyProblems {
  /** As they are told when they are refused. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

export interface Operations {
  get(context: RequestContext, resource: ServedResource, key: ObjectKey, options: GetOptions): Promise<KubeObject>
  list(context: RequestContext, resource: ServedResource, options: ListOptions): Promise<ListPage>
  watch(context: RequestContext, resource: ServedResource, options: WatchOptions): AsyncIterable<WatchEvent>
  create(
    context: RequestContext,
    resource: ServedResource,
    object: KubeObject,
    /** `name`: of the parent, when a subresource is created (`pods/NAME/eviction`). */
    options: WriteOptions & { readonly name?: string },
  ): Promise<KubeObject>
  update(
    context: RequestContext,
    resource: ServedResource,
    key: ObjectKey,
    object: KubeObject,
    options: WriteOptions,
  ): Promise<{ readonly object: KubeObject; readonly created: boolean }>
  patch(
    context: RequestContext,
    resource: ServedResource,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions,
  ): Promise<KubeObject>
  apply(
    context: RequestContext,
    resource: ServedResource,
    key: ObjectKey,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<{ readonly object: KubeObject; readonly created: boolean }>
  /** `deleted`: gone at once; otherwise the object waits for finalizers or its grace period. */
  delete(
    context: RequestContext,
    resource: ServedResource,
    key: ObjectKey,
    options: DeleteOptions,
  ): Promise<{ readonly object: KubeObject; readonly deleted: boolean }>
  deleteCollection(
    context: RequestContext,
    resource: ServedResource,
    options: DeleteOptions & ListOptions,
  ): Promise<ListPage>
}
