// kube-server as a target of the contract, on each of its stores: over TLS, as clients meet it.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { createSimulatedCluster } from '../../simulator/src/cluster.ts'
import { send } from '../../../testbed/src/request.ts'
import { ensureBootstrapRoles } from '../src/access/bootstrap-roles.ts'
import { createRbacAuthorizer } from '../src/access/rbac-authorizer.ts'
import { createServiceAccountTokens } from '../src/access/service-account-tokens.ts'
import { createStaticTokenAuthenticator, parseTokenFile } from '../src/access/static-token-authenticator.ts'
import { createCa, createServingCertificate } from '../src/http/certificates.ts'
import { serveKube } from '../src/http/server.ts'
import { createKubeServer, type KubeServer } from '../src/server.ts'
import { createMemoryStore } from '../src/store/memory-store.ts'
import { openSqliteStore } from '../src/store/sqlite-store.ts'
import type { Store } from '../src/store/store.ts'
import type { Target } from './run.ts'
import { tokenFileLines } from './users.ts'

export type StartedTarget = Target & AsyncDisposable

const env = createRealEnv({ logLevel: 'silent' })

export function startMemoryTarget(): Promise<StartedTarget> {
  return startTarget(createMemoryStore({ env }))
}

export async function startSqliteTarget(): Promise<StartedTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-contract-'))
  const target = await startTarget(openSqliteStore({ env, folder }))
  return {
    fetch: (request) => target.fetch(request),
    async [Symbol.asyncDispose]() {
      await target[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A member of the simulator. Its controllers are held still: the judge is a bare API server, which has none. */
export async function startSimulatedTarget(): Promise<StartedTarget> {
  const store = createMemoryStore({ env })
  const rbac = createRbacAuthorizer({ store })
  const admission = [rbac.escalationHook]
  const cluster = await createSimulatedCluster({ env, name: 'contract', nodes: 0, podStartMs: 1, store, admission })
  cluster.faults.stop()
  return serve(store, rbac, cluster.server, () => cluster.stop())
}

async function startTarget(store: Store): Promise<StartedTarget> {
  const rbac = createRbacAuthorizer({ store })
  const server = await createKubeServer({ env, store, admission: [rbac.escalationHook] })
  return serve(store, rbac, server, () => server.stop())
}

async function serve(
  store: Store,
  rbac: ReturnType<typeof createRbacAuthorizer>,
  server: KubeServer,
  stop: () => Promise<void>,
): Promise<StartedTarget> {
  await ensureBootstrapRoles(server)
  const ca = await createCa(env, 'contract')
  const tokens = createServiceAccountTokens({
    env,
    store,
    key: newTokenKey(),
    issuer: 'https://kubernetes.default.svc',
  })
  const statics = createStaticTokenAuthenticator(parseTokenFile(tokenFileLines().join('\n')))
  const serving = await serveKube({
    env,
    server,
    tls: await createServingCertificate(env, ca),
    authenticators: [statics, tokens.authenticator],
    tokenRequest: tokens.tokenRequest,
    authorizer: rbac,
  })
  const endpoint = { server: serving.url, ca: ca.cert, token: '' }
  return {
    fetch: (request) => send(endpoint, { ...request, anonymous: true }),
    async [Symbol.asyncDispose]() {
      await serving.close()
      await stop()
      rbac.stop()
      await store.close()
    },
  }
}

function newTokenKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
