// For tests: a server with RBAC on a TLS port of its own, and a client that calls it as any of its users.
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { generateKeyPairSync } from 'node:crypto'
import type { KubeObject } from '@flotilla/machinery/object'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { ensureBootstrapRoles } from '../access/bootstrap-roles.ts'
import { createRbacAuthorizer } from '../access/rbac-authorizer.ts'
import type { PolicyRule } from '../access/rbac-rules.ts'
import { createServiceAccountTokens } from '../access/service-account-tokens.ts'
import { createStaticTokenAuthenticator } from '../access/static-token-authenticator.ts'
import type { UserInfo } from '../operations.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createCa, createServingCertificate } from './certificates.ts'
import { serveKube, type ServeOptions } from './server.ts'

export interface Answer {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object
}

/** Tokens are the names of the users. */
const users: readonly UserInfo[] = [
  { name: 'admin', groups: ['system:masters'] },
  { name: 'alice', groups: ['dev'] },
  { name: 'bob', groups: [] },
]

export const testEnv = createRealEnv({ logLevel: 'silent' })
const configuration = newKey()
const rbacPath = '/apis/rbac.authorization.k8s.io/v1'

export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export async function startTestServer(options: Partial<ServeOptions> = {}) {
  const env = options.env ?? testEnv
  const store = createMemoryStore({ env })
  const rbac = createRbacAuthorizer({ store })
  const server = await createKubeServer({ env, store, admission: [rbac.escalationHook] })
  await ensureBootstrapRoles(server)
  const ca = await createCa(env, 'test')
  const tokens = createServiceAccountTokens({ env, store, key: configuration })
  const statics = createStaticTokenAuthenticator(new Map(users.map((user) => [user.name, user])))
  const serving = await serveKube({
    env,
    server,
    tls: { ...(await createServingCertificate(env, ca)), clientCa: ca.cert },
    authenticators: [statics, tokens.authenticator],
    tokenRequest: tokens.tokenRequest,
    authorizer: rbac,
    ...options,
  })
  const session = connect(serving.url, { ca: ca.cert })
  const call = (user: string, method: string, path: string, more: Call = {}) => send(session, user, method, path, more)
  return {
    server,
    serving,
    store,
    rbac,
    tokens,
    ca,
    session,
    call,
    /** A role `name` with `rules` for `user`; in every namespace without one. */
    async grant(user: string, rules: readonly PolicyRule[], namespace?: string) {
      const name = `r-${env.uuid()}`
      const kind = namespace === undefined ? 'ClusterRole' : 'Role'
      const at = namespace === undefined ? rbacPath : `${rbacPath}/namespaces/${namespace}`
      const role = { metadata: { name }, rules }
      const binding = { metadata: { name }, roleRef: { kind, name }, subjects: [{ kind: 'User', name: user }] }
      await made(call('admin', 'POST', `${at}/${kind.toLowerCase()}s`, { body: role }))
      await made(call('admin', 'POST', `${at}/${kind.toLowerCase()}bindings`, { body: binding }))
    },
    async create(path: string, body: object): Promise<KubeObject> {
      return made(call('admin', 'POST', path, { body }))
    },
    async [Symbol.asyncDispose]() {
      session.destroy()
      await serving.close()
      await server.stop()
      rbac.stop()
      await store.close()
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>

async function made(answer: Promise<Answer>): Promise<KubeObject> {
  const { code, text } = await answer
  if (code !== 201) throw new Error(`${code}: ${text}`)
  return JSON.parse(text) as KubeObject
}

/** `user` '' sends no credentials. */
function send(
  session: ClientHttp2Session,
  user: string,
  method: string,
  path: string,
  { headers = {}, body }: Call,
): Promise<Answer> {
  const isPlain = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const authorization = user === '' ? {} : { authorization: `Bearer ${user}` }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const all = { ':method': method, ':path': path, ...authorization, ...type, ...headers }
    const stream = session.request(all, { endStream: body === undefined })
    let got: IncomingHttpHeaders = {}
    let text = ''
    stream.on('response', (all) => (got = all))
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('close', () => resolve({ code: Number(got[':status']), headers: got, text }))
    stream.on('error', reject)
    if (body !== undefined) stream.end(isPlain ? body : JSON.stringify(body))
  })
}
