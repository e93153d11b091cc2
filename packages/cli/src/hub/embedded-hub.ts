// The embedded hub: an API server on the data folder's store, our kinds and rights installed, controllers running.
import { crds } from '@flotilla/api/crds'
import type { ControlPlane } from '@flotilla/control-plane/controllers'
import { createRbacAuthorizer, type RbacAuthorizer } from '@flotilla/kube-server/access/rbac-authorizer'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { openSqliteStore } from '@flotilla/kube-server/store/sqlite-store'
import type { Store } from '@flotilla/kube-server/store/store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import { admissionHooks } from './admission-hooks.ts'
import { guardServer, serveEndpoint } from './api-endpoint.ts'
import { ensureAdminCertificate, ensureAuthority, ensureServing } from './credentials.ts'
import type { DataFolder } from './data-folder.ts'
import { ensureObjects } from './ensure-objects.ts'
import { writeKubeconfig, type KubeconfigEntry } from './kubeconfig-file.ts'
import { dialHost, hostsOf, isLoopback, type ListenAddress } from './listen-address.ts'
import { serveReviews } from './review-kinds.ts'
import { adminUser, controllersUser, rightsObjects } from './rights.ts'

export interface EmbeddedHubOptions {
  readonly env: Env
  readonly folder: DataFolder
  readonly listen: ListenAddress
  /** Milliseconds between two probes of a member. Default 5 s. */
  readonly probeEveryMs?: number
}

export interface EmbeddedHub extends AsyncDisposable {
  /** `https://HOST:PORT` as clients on this machine dial it. */
  readonly url: string
  /** UID of its kube-system namespace. */
  readonly id: string
  /** Path of the kubeconfig. */
  readonly kubeconfig: string
  /** Under the administrator's rights. */
  readonly api: KubeApi
  readonly controlPlane: ControlPlane
  /** Writes the kubeconfig anew, with these contexts besides the hub's. */
  addContexts(entries: readonly KubeconfigEntry[]): void
}

/** Serving when it resolves; controllers are still reading then. What was opened is closed when it fails. */
export async function startEmbeddedHub(options: EmbeddedHubOptions): Promise<EmbeddedHub> {
  const { env, folder, listen } = options
  await using opened = new AsyncDisposableStack()
  const store = opened.use(openSqliteStore({ env, folder: folder.path }))
  const ca = await ensureAuthority(env, folder, 'ca', 'flotilla')
  const pair = await ensureServing(env, folder, ca, hostsOf(listen.host))
  const admin = await ensureAdminCertificate(env, folder, ca, { user: adminUser })
  const rbac = opened.adopt(createRbacAuthorizer({ store }), (one) => one.stop())
  const server = opened.use(await createServer(options, store, rbac, ca.cert))
  const reviews = serveReviews(env, server)
  const serving = await serveEndpoint({ ...options, server, rbac, clientCa: ca.cert, serving: pair, reviews })
  opened.defer(() => serving.close())
  // Loaded while the API answers already.
  const { startControllers } = await import('./start-controllers.ts')
  const controllersApi = server.apiAs({ name: controllersUser, groups: ['system:authenticated'] })
  const controlPlane = opened.use(await startControllers(options, controllersApi))
  const url = `https://${dialHost(listen.host)}:${serving.port}`
  const hubEntry = { name: 'flotilla', server: url, ca: ca.cert, client: admin }
  const kubeconfig = folder.file('kubeconfig')
  writeKubeconfig(kubeconfig, [hubEntry])
  const closing = opened.move()
  return {
    url,
    id: controlPlane.hub.id,
    kubeconfig,
    api: server.apiAs({ name: adminUser, groups: ['system:authenticated'] }),
    controlPlane,
    addContexts: (entries) => writeKubeconfig(kubeconfig, [hubEntry, ...entries]),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

async function createServer(
  { env, listen }: EmbeddedHubOptions,
  store: Store,
  rbac: RbacAuthorizer,
  rootCa: string,
): Promise<KubeServer> {
  const server = await createKubeServer({
    env,
    store,
    admission: [...admissionHooks({ allowLoopbackEndpoints: isLoopback(listen.host) }), rbac.escalationHook],
    features: { serviceAccounts: { rootCa } },
  })
  await guardServer(server, rbac)
  // Who gives the first rights needs none.
  const api = server.apiAs({ name: 'system:flotilla-install', groups: ['system:masters', 'system:authenticated'] })
  await ensureObjects(api, [...rightsObjects, ...crds])
  return server
}
