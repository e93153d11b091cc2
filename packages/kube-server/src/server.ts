// A Kubernetes API server on a store of its own: what HTTP and in-process callers talk to.
import type { KubeApi, RawResponse } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import type { Admission } from './admission.ts'
import { apiFor } from './api-for.ts'
import type { Authorizer } from './api-for.ts'
import type { EditableCatalog } from './catalog.ts'
import { createCatalog } from './catalog.ts'
import type { Operations, UserInfo } from './operations.ts'
import { createOperations } from './operations/all-operations.ts'
import { createWatchHub } from './operations/watch.ts'
import { definitionsResource } from './custom-resources/definition.ts'
import { ensureSystemObjects } from './system-objects.ts'
import type { Store, StoreEvent } from './store/store.ts'

export type { Authorizer } from './api-for.ts'

/** Answers a document path: discovery, OpenAPI, version. Undefined: no such document. */
export type Documents = (
  path: string,
  accept: string | undefined,
) => RawResponse | undefined | Promise<RawResponse | undefined>

export interface KubeServerOptions {
  readonly env: Env
  readonly store: Store
  /** Without one every call of `apiAs` is allowed. */
  readonly authorizer?: Authorizer
  readonly admission?: Admission
  readonly documents?: Documents
}

export interface KubeServer extends AsyncDisposable {
  readonly operations: Operations
  readonly catalog: EditableCatalog
  readonly store: Store
  /** The server as `user` may use it, in process. Objects are handed out shared. */
  apiAs(user: UserInfo): KubeApi
  /** Calls `listener` with each durable change. Returns the way out. */
  onEveryEvent(listener: (event: StoreEvent) => void): () => void
  /** Who answers document paths of `apiAs().raw`. */
  setDocuments(documents: Documents): void
  /** Who decides on the calls of `apiAs` from now on. */
  setAuthorizer(authorizer: Authorizer): void
  /** Ends watches and controllers; the store is its owner's to close. */
  stop(): Promise<void>
}

export async function createKubeServer(options: KubeServerOptions): Promise<KubeServer> {
  const { env, store } = options
  const catalog = createCatalog()
  for (const { object } of store.list({ prefix: `${definitionsResource}/` }).items) {
    catalog.define(object.metadata.name, object)
  }
  const core = { env, store, catalog, admission: options.admission ?? [] }
  const hub = createWatchHub(core)
  const operations = createOperations(core, hub)
  let { documents, authorizer } = options
  const unfollow = store.subscribe(definitionsResource, (event) => {
    catalog.define(event.object.metadata.name, event.type === 'DELETED' ? undefined : event.object)
  })
  const server: KubeServer = {
    operations,
    catalog,
    store,
    apiAs: (user) => apiFor({ operations, catalog, user, documents: () => documents, authorizer: () => authorizer }),
    onEveryEvent: (listener) => store.subscribe(undefined, listener),
    setDocuments: (next) => void (documents = next),
    setAuthorizer: (next) => void (authorizer = next),
    async stop() {
      unfollow()
      hub.end()
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
    },
  }
  await ensureSystemObjects(server)
  return server
}
