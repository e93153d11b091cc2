// A Kubernetes API server on a store of its own: what HTTP and in-process callers talk to.
import type { KubeApi, RawResponse } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import type { Reviews } from './access/reviews.ts'
import type { Admission } from './admission.ts'
import { apiFor } from './api-for.ts'
import type { Authorizer } from './api-for.ts'
import type { EditableCatalog } from './catalog.ts'
import { createCatalog } from './catalog.ts'
import type { Operations, UserInfo } from './operations.ts'
import { createOperations } from './operations/all-operations.ts'
import { createWatchHub } from './operations/watch.ts'
import type { Housekeeper, HousekeepingDeps } from './housekeeping/deps.ts'
import { definitionsResource } from './custom-resources/definition.ts'
import { startDefinitionCleanup } from './housekeeping/definition-cleanup.ts'
import { startGarbageCollector } from './housekeeping/garbage-collector.ts'
import { startEventExpiry } from './housekeeping/event-expiry.ts'
import { startNamespaceLifecycle } from './housekeeping/namespace-lifecycle.ts'
import { startRoleAggregation } from './housekeeping/role-aggregation.ts'
import { startServiceAccounts } from './housekeeping/service-accounts.ts'
import { startVolumeProtection } from './housekeeping/volume-protection.ts'
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
  readonly features?: KubeServerFeatures
}

/** Controllers that the server runs itself. */
export interface KubeServerFeatures {
  /** Default true. */
  readonly garbageCollector?: boolean
  /** Default true. */
  readonly namespaceLifecycle?: boolean
  /** A ServiceAccount `default` in each namespace, and kube-root-ca.crt with this CA (PEM). Default: none. */
  readonly serviceAccounts?: { readonly rootCa?: string }
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
  /** Who answers what `apiAs().create` is not to store: reviews and token requests. */
  setReviews(reviews: Reviews): void
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
  let reviews: Reviews | undefined
  const unfollow = store.subscribe(definitionsResource, (event) => {
    const { name } = event.object.metadata
    catalog.define(name, event.type === 'DELETED' ? undefined : event.object)
    if (event.type === 'DELETED') hub.end(name)
  })
  const housekeepers = startHousekeeping({ env, store, catalog, operations }, options.features ?? {})
  const server: KubeServer = {
    operations,
    catalog,
    store,
    apiAs: (user) =>
      apiFor({
        operations,
        catalog,
        user,
        documents: () => documents,
        authorizer: () => authorizer,
        reviews: () => reviews,
      }),
    onEveryEvent: (listener) => store.subscribe(undefined, listener),
    setDocuments: (next) => void (documents = next),
    setReviews: (next) => void (reviews = next),
    setAuthorizer: (next) => void (authorizer = next),
    async stop() {
      unfollow()
      for (const housekeeper of housekeepers) housekeeper.stop()
      hub.end()
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
    },
  }
  await ensureSystemObjects(server)
  return server
}

function startHousekeeping(deps: HousekeepingDeps, features: KubeServerFeatures): readonly Housekeeper[] {
  const { garbageCollector = true, namespaceLifecycle = true, serviceAccounts } = features
  return [
    startDefinitionCleanup(deps),
    startRoleAggregation(deps),
    startVolumeProtection(deps),
    startEventExpiry(deps),
    ...(garbageCollector ? [startGarbageCollector(deps)] : []),
    ...(namespaceLifecycle ? [startNamespaceLifecycle(deps)] : []),
    ...(serviceAccounts ? [startServiceAccounts(deps, serviceAccounts)] : []),
  ]
}
