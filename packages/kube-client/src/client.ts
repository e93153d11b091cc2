// KubeApi over HTTP: any API server, through one connection, within a request budget.
import { FlotillaError } from '@flotilla/machinery/errors'
import type {
  DeleteOptions,
  GetOptions,
  KubeApi,
  ListOptions,
  ListPage,
  Patch,
  RawRequest,
  RawResponse,
  WatchOptions,
  WriteOptions,
} from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject, type ObjectKey } from '@flotilla/machinery/object'
import { apiVersionOf, collectionPath, groupResourceOf, objectPath, type Resource } from '@flotilla/machinery/resource'
import { readBody } from './body.ts'
import { createRequester, type KubeClientOptions, type OutgoingRequest } from './requester.ts'
import { withQuery, type Query } from './query.ts'
import { refusal } from './refusal.ts'
import { openWatch } from './watch.ts'

export type { KubeClientOptions }

export interface KubeClient extends KubeApi, AsyncDisposable {
  readonly server: string
  /** Ends all requests and watches. */
  close(): Promise<void>
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function createKubeClient(options: KubeClientOptions): KubeClient {
  const requester = createRequester(options)

  /** Sends, and throws for any answer that is no success. */
  async function call(request: OutgoingRequest): Promise<{ readonly status: number; readonly value: unknown }> {
    const answer = await requester.send(request)
    const { value } = await requester.read(request, () => readBody(answer))
    if (answer.status >= 200 && answer.status < 300) return { status: answer.status, value }
    throw refusal(answer.status, value, request.what, answer.retryAfterSeconds)
  }

  async function write<T extends KubeObject>(request: OutgoingRequest): Promise<T> {
    return objectIn<T>((await call(request)).value, request.what)
  }

  function patchRequest(
    resource: Resource,
    key: ObjectKey,
    type: keyof typeof patchTypes,
    body: unknown,
    options: WriteOptions & { readonly force?: boolean },
  ): OutgoingRequest {
    const path = objectPath(resource, key, options.subresource)
    const force = options.force === undefined ? {} : { force: options.force }
    const what = `Cannot ${type === 'apply' ? 'apply' : 'patch'} ${nameOf(resource, key)}`
    return {
      what,
      method: 'PATCH',
      path: withQuery(path, { ...writeQuery(options), ...force }),
      contentType: patchTypes[type],
      body,
      ...signalOf(options),
    }
  }

  return {
    server: options.server.url,
    close: () => requester.close(),
    [Symbol.asyncDispose]: () => requester.close(),

    get: (resource, key, options: GetOptions = {}) =>
      write({
        what: `Cannot get ${nameOf(resource, key)}`,
        method: 'GET',
        path: objectPath(resource, key, options.subresource),
        ...signalOf(options),
      }),

    async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListPage<T>> {
      const { signal: _, namespace, ...query } = options
      const what = `Cannot list ${groupResourceOf(resource)}`
      const path = withQuery(collectionPath(resource, namespace), query)
      const { value } = await call({ what, method: 'GET', path, ...signalOf(options) })
      return pageOf<T>(resource, value, what)
    },

    watch: <T extends KubeObject>(resource: Resource, options: WatchOptions = {}) =>
      openWatch<T>(requester, resource, options),

    create: (resource, object, options: WriteOptions = {}) => {
      const { namespace, name } = object.metadata
      const path =
        options.subresource === undefined
          ? collectionPath(resource, namespace)
          : objectPath(resource, object.metadata, options.subresource)
      return write({
        what: `Cannot create ${nameOf(resource, { ...object.metadata, name: name ?? object.metadata.generateName ?? '' })}`,
        method: 'POST',
        path: withQuery(path, writeQuery(options)),
        body: object,
        ...signalOf(options),
      })
    },

    update: (resource, object, options: WriteOptions = {}) =>
      write({
        what: `Cannot update ${nameOf(resource, object.metadata)}`,
        method: 'PUT',
        path: withQuery(objectPath(resource, object.metadata, options.subresource), writeQuery(options)),
        body: object,
        ...signalOf(options),
      }),

    patch: (resource: Resource, key: ObjectKey, patch: Patch, options: WriteOptions = {}) =>
      write(patchRequest(resource, key, patch.type, patch.type === 'json' ? patch.operations : patch.patch, options)),

    async apply<T extends KubeObject>(
      resource: Resource,
      object: KubeObject,
      options: WriteOptions & { readonly force?: boolean },
    ) {
      const request = patchRequest(resource, object.metadata, 'apply', object, options)
      const { status, value } = await call(request)
      return { object: objectIn<T>(value, request.what), created: status === 201 }
    },

    async delete(resource, key, options: DeleteOptions = {}) {
      const { signal: _, dryRun, ...rest } = options
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...(dryRun === true ? { dryRun: ['All'] } : {}) }
      const what = `Cannot delete ${nameOf(resource, key)}`
      const { value } = await call({
        what,
        method: 'DELETE',
        path: objectPath(resource, key),
        body,
        ...signalOf(options),
      })
      return isKind(value, 'Status') ? undefined : objectIn(value, what)
    },

    async raw(request: RawRequest): Promise<RawResponse> {
      const { method = 'GET', path } = request
      const outgoing = { ...request, method, path, what: `Cannot ${method} ${path}` }
      const answer = await requester.send(outgoing)
      const { contentType, value } = await requester.read(outgoing, () => readBody(answer))
      return { code: answer.status, contentType, body: value }
    },
  }
}

/** `deployments.apps shop/web`. */
function nameOf(resource: Resource, key: ObjectKey): string {
  return `${groupResourceOf(resource)} ${keyOf(key)}`
}

function signalOf({ signal }: { readonly signal?: AbortSignal }): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function writeQuery({ dryRun, fieldManager, fieldValidation }: WriteOptions): Query {
  return {
    ...(dryRun === true ? { dryRun: 'All' } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
  }
}

function isKind(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

function objectIn<T extends KubeObject>(value: unknown, what: string): T {
  if (typeof value === 'object' && value !== null) return value as T
  throw new FlotillaError('Unavailable', `${what}: the server answered with something that is no object`)
}

interface ListDocument {
  readonly items?: readonly KubeObject[]
  readonly metadata?: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
}

function pageOf<T extends KubeObject>(resource: Resource, value: unknown, what: string): ListPage<T> {
  const { items, metadata = {} } = objectIn<KubeObject>(value, what) as ListDocument
  const { resourceVersion = '', remainingItemCount } = metadata
  // Items of built-in kinds come without their kind.
  const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  return {
    items: (items ?? []).map((item) => (item.kind === undefined ? { ...kind, ...item } : item) as T),
    resourceVersion,
    ...(metadata.continue === undefined || metadata.continue === '' ? {} : { continue: metadata.continue }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  }
}
