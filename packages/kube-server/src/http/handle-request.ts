// The way of every request: who calls, as whom, may they, and then to what answers it.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { anonymous, authenticateWith, type Authenticator, type Credentials } from '../access/authenticator.ts'
import { forbidden, type Attributes, type Authorizer } from '../access/authorizer.ts'
import { impersonated } from '../access/impersonation.ts'
import { documents, mayBeDocument, swaggerProtobuf, takesDocument } from '../discovery/serve.ts'
import type { UserInfo } from '../operations.ts'
import type { ResourceCatalog } from '../served-resource.ts'
import { headerOf, type Exchange, type ServerAnswer, type ServerRequest } from './exchange.ts'
import { respondHealth, type HealthCheck } from './health.ts'
import { notAcceptable } from './negotiate.ts'
import { parseRequest, type RequestInfo } from './parse-request.ts'
import type { RequestLimits } from './request-limits.ts'
import { handleResource, noSuchResource, notAllowed, respondNoPage, type ResourceDeps } from './resource-request.ts'
import { respondError, respondObject, respondText } from './respond.ts'

export interface RequestDeps extends ResourceDeps {
  readonly env: Env
  readonly authorizer: Authorizer
  readonly authenticators: readonly Authenticator[]
  readonly allowAnonymous: boolean
  readonly checks: readonly HealthCheck[]
  readonly version: object
  readonly limits: RequestLimits
  /** Answers what this server itself does not (`true`: answered): a proxy to members, a console. */
  readonly extension?: (exchange: Exchange) => Promise<boolean>
}

export async function handleRequest(
  deps: RequestDeps,
  request: ServerRequest,
  answer: ServerAnswer,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<void> {
  const exchange = begin(deps.env, request, answer, signal)
  try {
    if (exchange === undefined) return
    const admit = async () => {
      const asked = attributesOf(exchange.info, await callerOf(deps, credentials))
      const attributes = { ...asked, user: impersonated(deps.authorizer, asked.user, request.headers, asked) }
      authorize(deps, attributes)
      return attributes
    }
    const attributes = await admit()
    const checkCreate = () => authorize(deps, { ...attributes, verb: 'create' })
    const admitted = { ...exchange, context: { ...exchange.context, user: attributes.user, checkCreate } }
    if (attributes.verb === 'watch') await whileAdmitted(deps.env, admitted, admit, (kept) => route(deps, kept))
    else await route(deps, admitted)
  } catch (error) {
    if (exchange === undefined || signal.aborted) return void answer.destroy()
    if (!isError(error))
      deps.env.log.error({ err: error, path: exchange.info.path, auditId: exchange.auditId }, 'request failed')
    await respondError(exchange, error)
  }
}

const recheckEveryMs = 30_000

/** A watch outlives the moment in which it was allowed: it ends soon after its user lost the right to it. */
async function whileAdmitted(
  env: Env,
  exchange: Exchange,
  admit: () => Promise<unknown>,
  run: (exchange: Exchange) => Promise<void>,
): Promise<void> {
  const lost = new AbortController()
  let isOver = false
  const check = () => void admit().then(keep, () => lost.abort())
  let timer = env.timers.after(recheckEveryMs, check)
  const keep = () => {
    if (!isOver) timer = env.timers.after(recheckEveryMs, check)
  }
  try {
    await run({ ...exchange, signal: AbortSignal.any([exchange.signal, lost.signal]) })
  } finally {
    isOver = true
    timer.cancel()
  }
}

function authorize({ authorizer }: RequestDeps, attributes: Attributes): void {
  const decision = authorizer.authorize(attributes)
  if (!decision.allowed) throw forbidden(attributes, decision.reason)
}

/** Undefined after answering a URL that cannot be read. */
function begin(env: Env, request: ServerRequest, answer: ServerAnswer, signal: AbortSignal): Exchange | undefined {
  const info = infoOf(request)
  if (info === undefined) {
    answer.statusCode = 400
    answer.end()
    return undefined
  }
  const warnings: string[] = []
  const given = headerOf(request, 'audit-id')
  const auditId = given !== undefined && given !== '' ? given.slice(0, 64) : env.uuid()
  const context = { user: anonymous, warn: (text: string) => addWarning(warnings, text) }
  return { request, answer, info, auditId, warnings, signal, context }
}

const maxWarnings = 50

function addWarning(warnings: string[], text: string): void {
  if (warnings.length < maxWarnings && !warnings.includes(text)) warnings.push(text)
}

function infoOf(request: ServerRequest): RequestInfo | undefined {
  try {
    return parseRequest(request.method ?? 'GET', request.url ?? '/')
  } catch {
    return undefined
  }
}

async function callerOf(deps: RequestDeps, credentials: Credentials): Promise<UserInfo> {
  const user = await authenticateWith(deps.authenticators, credentials)
  if (user !== undefined) return user
  if (credentials.bearer !== undefined || !deps.allowAnonymous)
    throw new FlotillaError('Unauthenticated', 'Unauthorized')
  return anonymous
}

function attributesOf(info: RequestInfo, user: UserInfo): Attributes {
  const { verb, group, version, resource, subresource, namespace, name, path } = info
  const target = { user, verb, group, version, resource, subresource, namespace, name }
  return info.isResource ? target : { ...target, path }
}

async function route(deps: RequestDeps, exchange: Exchange): Promise<void> {
  if (deps.extension !== undefined && (await deps.extension(exchange))) return
  const { info, context } = exchange
  if (!info.isResource && !mayBeDocument(info.path)) return respondPlain(deps, exchange)
  const leave = deps.limits.enter(context.user, info.verb)
  try {
    await (info.isResource ? handleResource(deps, exchange) : respondPlain(deps, exchange))
  } finally {
    leave()
  }
}

/** What is no resource: documents, health, the version. */
async function respondPlain(deps: RequestDeps, exchange: Exchange): Promise<void> {
  const { path, method } = exchange.info
  if (path === '/version' || path === '/version/') {
    if (method !== 'GET') throw notAllowed()
    return respondObject(exchange, 200, deps.version)
  }
  if (path === '/metrics')
    return respondText(exchange, 200, 'text/plain; version=0.0.4; charset=utf-8', await deps.env.metrics.text())
  if (await respondHealth(exchange, deps.checks)) return
  // The list of groups has a handler that looks at no method.
  if (method !== 'GET' && method !== 'HEAD' && path !== '/apis') return respondNoPage(exchange)
  return respondDocument(deps, exchange)
}

async function respondDocument({ catalog }: RequestDeps, exchange: Exchange): Promise<void> {
  const { info, request, answer } = exchange
  const accept = headerOf(request, 'accept')
  if (info.path === '/openapi/v2' && accept?.startsWith(swaggerProtobufAsked)) {
    return respondText(exchange, 200, swaggerProtobufType, swaggerProtobuf(catalog), { vary: 'Accept' })
  }
  if (isProtobufOnly(accept))
    throw new FlotillaError('NotAcceptable', 'only the following media types are accepted: application/json')
  if (accept !== undefined && !takesDocument(info.path, accept)) throw notAcceptable(accept)
  const document = documents(catalog, info.path, accept)
  if (document === undefined) {
    if (isUnderKnownGroup(catalog, info.path)) throw noSuchResource()
    return respondNoPage(exchange)
  }
  const caching = { etag: document.etag, vary: 'Accept', 'cache-control': 'public' }
  if (headerOf(request, 'if-none-match') !== document.etag) {
    return respondText(exchange, 200, document.contentType, document.text, caching)
  }
  for (const [name, value] of Object.entries(caching)) answer.setHeader(name, value)
  answer.statusCode = 304
  answer.end()
}

const swaggerProtobufAsked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
/** What is asked for is no valid media type. */
const swaggerProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** Below a group that has routes of its own, what they do not know is told as a Status. */
function isUnderKnownGroup(catalog: ResourceCatalog, path: string): boolean {
  if (path.startsWith('/api/')) return true
  const [, root, group, version] = path.split('/')
  if (root !== 'apis' || version === undefined) return false
  return catalog.all().some((one) => one.group === group && !one.isCustom)
}

/** Clients that take nothing else fall back to another document on 406. */
function isProtobufOnly(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes('proto') && !accept.includes('json') && !accept.includes('*/*')
}
