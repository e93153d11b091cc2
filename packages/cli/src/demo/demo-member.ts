// A simulated member of the demo, served over HTTPS on this machine like a real one.
import { mkdirSync } from 'node:fs'
import { createRbacAuthorizer } from '@flotilla/kube-server/access/rbac-authorizer'
import type { Serving } from '@flotilla/kube-server/http/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { Env } from '@flotilla/runtime/env'
import { createSimulatedCluster, type SimulatedCluster } from '@flotilla/simulator/cluster'
import { join } from 'node:path'
import { guardServer, serveEndpoint, type EndpointOptions } from '../hub/api-endpoint.ts'
import { ensureAdminCertificate, ensureAuthority, ensureServing } from '../hub/credentials.ts'
import type { KubeconfigEntry } from '../hub/kubeconfig-file.ts'
import { readPrivate, writePrivate } from '../hub/private-file.ts'
import type { Place } from './places.ts'

export interface DemoMember extends AsyncDisposable, Place {
  readonly simulated: SimulatedCluster
  /** The administrator's way to it. */
  readonly access: KubeconfigEntry
}

export interface DemoMemberOptions {
  readonly env: Env
  readonly place: Place
  readonly nodes: number
  /** Keys and port of the member are kept here. */
  readonly folder: string
  /** Its objects are kept there too, so that a restart meets the same cluster. */
  readonly isKept: boolean
}

const host = '127.0.0.1'
const podStartMs = 400

export async function startDemoMember(options: DemoMemberOptions): Promise<DemoMember> {
  const { env, place, nodes, folder } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = { file: (name: string) => join(folder, name) }
  await using opened = new AsyncDisposableStack()
  const store = opened.use(await openStore(options))
  const rbac = opened.adopt(createRbacAuthorizer({ store }), (one) => one.stop())
  const simulated = opened.use(await createSimulatedCluster({ env, ...place, nodes, podStartMs, store }))
  const [ca, serving, admin] = await issue(env, files)
  await guardServer(simulated.server, rbac)
  const served = await serveWhereItWas({
    env,
    server: simulated.server,
    rbac,
    folder: files,
    listen: { host, port: 0 },
    clientCa: ca,
    serving,
  })
  opened.defer(() => served.close())
  const closing = opened.move()
  return {
    ...place,
    simulated,
    access: { name: `flotilla/${place.name}`, server: served.url, ca, client: admin },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

async function openStore({ env, folder, isKept }: DemoMemberOptions) {
  if (!isKept) return createMemoryStore({ env, freeze: false })
  const { openSqliteStore } = await import('@flotilla/kube-server/store/sqlite-store')
  return openSqliteStore({ env, folder })
}

async function issue(env: Env, files: EndpointOptions['folder']) {
  const ca = await ensureAuthority(env, files, 'ca', 'simulated-member')
  const serving = await ensureServing(env, files, ca, [host])
  // An administrator of a cluster that only exists for the demo: its own system:masters, not the hub's.
  const admin = await ensureAdminCertificate(env, files, ca, { user: 'kubernetes-admin', groups: ['system:masters'] })
  return [ca.cert, serving, admin] as const
}

/** At its last port while that is free, so that a restart changes nothing for the hub. */
async function serveWhereItWas(options: EndpointOptions): Promise<Serving> {
  const portFile = options.folder.file('port')
  const port = Number(readPrivate(portFile) ?? 0)
  const serving = await serveEndpoint({ ...options, listen: { host, port } }).catch((error: unknown) => {
    if (port === 0) throw error
    return serveEndpoint(options)
  })
  if (serving.port !== port) writePrivate(portFile, `${serving.port}\n`)
  return serving
}
