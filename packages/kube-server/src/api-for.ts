// The in-process KubeApi of one user: each call is authorised, then goes to the operations.
import { FlotillaError, toStatus } from '@flotilla/machinery/errors'
import type { KubeApi, RawRequest, RawResponse, WatchEvent, WriteOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { groupResourceOf } from '@flotilla/machinery/resource'
import type { Reviews } from './access/reviews.ts'
import type { Operations, RequestContext, UserInfo } from './operations.ts'
import type { Documents } from './server.ts'
import type { ResourceCatalog, ServedResource } from './served-resource.ts'

export interface AccessRequest {
  readonly user: UserInfo
  readonly verb: string
  readonly resource: ServedResource
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** Throws Forbidden for what the user may not do. */
export type Authorizer = (request: AccessRequest) => void

interface Deps {
  readonly operations: Operations
  readonly catalog: ResourceCatalog
  readonly user: UserInfo
  readonly documents: () => Documents | undefined
  readonly authorizer: () => Authorizer | undefined
  readonly reviews: () => Reviews | undefined
}

type Place = {
  readonly name?: string
  readonly namespace?: string | undefined
  readonly subresource?: string | undefined
}

export function apiFor({ operations, catalog, user, documents, authorizer, reviews }: Deps): KubeApi {
  const context: RequestContext = { user, warn: () => {} }

  function allowed(verb: string, asked: Resource, { name, namespace, subresource }: Place): ServedResource {
    const resource = catalog.find(asked.group, asked.version, asked.plural)
    if (resource === undefined) throw notServed(asked)
    authorizer()?.({
      user,
      verb,
      resource,
      ...(subresource ? { subresource } : {}),
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
    })
    return resource
  }

  /** For writes that create what is not there. */
  function creating(asked: Resource, place: Place): RequestContext {
    return { ...context, checkCreate: () => void allowed('create', asked, place) }
  }

  const api: KubeApi = {
    async get<T>(asked: Resource, key: Place & { name: string }, options = {}) {
      const resource = allowed('get', asked, { ...key, ...options })
      return (await operations.get(context, resource, keyOf(key), options)) as T
    },
    async list(asked, options = {}) {
      const resource = allowed('list', asked, options)
      return (await operations.list(context, resource, options)) as never
    },
    watch(asked, options = {}) {
      try {
        const resource = allowed('watch', asked, options)
        return operations.watch(context, resource, options) as AsyncIterable<WatchEvent<never>>
      } catch (error) {
        return failing(error)
      }
    },
    async create<T extends KubeObject>(asked: Resource, object: T, options: WriteOptions = {}) {
      const { name, namespace } = object.metadata
      const { subresource = '' } = options
      const resource = allowed('create', asked, { namespace, ...options, ...(subresource === '' ? {} : { name }) })
      const review = reviews()?.find(resource, subresource)
      if (review === undefined) return (await operations.create(context, resource, object, options)) as T
      const target = { key: keyOf(object.metadata), dryRun: options.dryRun === true, signal: options.signal }
      return (await review(context, object, target)) as T
    },
    async update<T extends KubeObject>(asked: Resource, object: T, options = {}) {
      const place = { ...keyOf(object.metadata), ...options }
      const resource = allowed('update', asked, place)
      return (await operations.update(creating(asked, place), resource, keyOf(object.metadata), object, options))
        .object as T
    },
    async patch(asked, key, patch, options = {}) {
      const resource = allowed('patch', asked, { ...key, ...options })
      return (await operations.patch(context, resource, key, patch, options)) as never
    },
    async apply(asked, object, options) {
      const place = { ...keyOf(object.metadata), ...options }
      const resource = allowed('patch', asked, place)
      return (await operations.apply(
        creating(asked, place),
        resource,
        keyOf(object.metadata),
        object,
        options,
      )) as never
    },
    async delete(asked, key, options = {}) {
      const resource = allowed('delete', asked, key)
      return (await operations.delete(context, resource, key, options)).object
    },
    raw: (request) => answerRaw(documents(), request),
  }
  return api
}

function keyOf({ name, namespace }: { readonly name: string; readonly namespace?: string | undefined }) {
  return namespace ? { name, namespace } : { name }
}

function notServed(resource: Resource): FlotillaError {
  return new FlotillaError('NotFound', `the server could not find the requested resource: ${groupResourceOf(resource)}`)
}

async function* failing(error: unknown): AsyncGenerator<never> {
  yield* []
  throw error
}

async function answerRaw(documents: Documents | undefined, request: RawRequest): Promise<RawResponse> {
  const isRead = request.method === undefined || request.method === 'GET'
  const document = isRead ? await documents?.(request.path, request.accept) : undefined
  if (document !== undefined) return document
  const error = new FlotillaError('NotFound', `the server could not find the requested resource: ${request.path}`)
  return { code: 404, contentType: 'application/json', body: toStatus(error) }
}
