// One request from credentials to answer: budget, identity, connection, refusals of stale credentials, warnings.
import type { Env } from '@flotilla/runtime/env'
import { aborted } from './abort.ts'
import { header } from './body.ts'
import { createConnection } from './connection.ts'
import { connectionError } from './connection-error.ts'
import {
  identityHeaders,
  type ClientCertificate,
  type Credentials,
  type CredentialSource,
  type Impersonation,
  type ServerAddress,
} from './credentials.ts'
import { createRequestBudget, type RequestBudget } from './request-budget.ts'
import { defaultLimits, type HttpAnswer, type Transport, type TransportLimits } from './transport.ts'

export interface KubeClientOptions {
  readonly env: Env
  readonly server: ServerAddress
  readonly credentials: CredentialSource
  /** Shared between clients of one server, when there are several. Default: one of its own, 1,000 per second. */
  readonly budget?: RequestBudget
  readonly userAgent?: string
  readonly impersonate?: Impersonation
  /** Milliseconds; defaults: connect 10 s, headers 65 s, silence within a body 60 s. */
  readonly limits?: Partial<TransportLimits>
  /** Called with each `Warning` that the server sends along. */
  readonly onWarning?: (text: string) => void
}

export interface OutgoingRequest {
  /** `Cannot get pods shop/web`: how errors begin. */
  readonly what: string
  readonly method: string
  readonly path: string
  readonly accept?: string
  readonly contentType?: string
  /** Bytes and text go as they are, anything else as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly isLongLived?: boolean
}

export interface Answer extends HttpAnswer {
  readonly retryAfterSeconds?: number
}

export interface Requester {
  /** Resolves with the answer's headers, whatever its status. Throws Unavailable or Timeout with the failing hop. */
  send(request: OutgoingRequest): Promise<Answer>
  /** Runs `readAnswer`, wording what goes wrong as `send` does. */
  read<T>(request: OutgoingRequest, readAnswer: () => Promise<T>): Promise<T>
  worded(request: OutgoingRequest, error: unknown): Error
  close(): Promise<void>
}

export function createRequester(options: KubeClientOptions): Requester {
  const { env, server } = options
  const budget = options.budget ?? createRequestBudget({ env })
  const limits = { ...defaultLimits, ...options.limits }
  const prefix = new URL(server.url).pathname.replace(/\/$/, '')
  let connection: { readonly identity: string; readonly transport: Transport } | undefined

  /** A new client certificate needs a new connection; requests that are under way finish on the old one. */
  function transportFor(certificate: ClientCertificate | undefined): Transport {
    const identity = certificate === undefined ? '' : certificate.certificate + certificate.key
    if (connection?.identity === identity) return connection.transport
    connection?.transport.retire()
    const known = certificate === undefined ? {} : { clientCertificate: certificate }
    connection = { identity, transport: createConnection({ env, server, limits, ...known }) }
    return connection.transport
  }

  async function credentialsFor(refresh: boolean): Promise<Credentials> {
    return typeof options.credentials === 'function' ? options.credentials({ refresh }) : options.credentials
  }

  async function attempt(request: OutgoingRequest, refresh: boolean): Promise<HttpAnswer> {
    await budget.acquire(request.signal)
    const credentials = await credentialsFor(refresh)
    const startedAt = env.clock.monotonic()
    const answer = await transportFor(credentials.clientCertificate).request({
      method: request.method,
      path: prefix + request.path,
      headers: headersOf(request, options, credentials),
      isLongLived: request.isLongLived === true,
      ...bodyOf(request.body),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    const latencyMs = env.clock.monotonic() - startedAt
    budget.report({
      status: answer.status,
      // Reads differ too much in size for their time to tell of load.
      ...(request.method === 'GET' ? {} : { latencyMs }),
      ...pauseFor(request, answer, env.clock.now()),
    })
    return answer
  }

  function worded(request: OutgoingRequest, error: unknown): Error {
    if (request.signal?.aborted === true) return aborted(request.signal, request.what)
    return connectionError(error, request.what, server.url)
  }

  async function read<T>(request: OutgoingRequest, readAnswer: () => Promise<T>): Promise<T> {
    try {
      return await readAnswer()
    } catch (error) {
      throw worded(request, error)
    }
  }

  async function sendOnce(request: OutgoingRequest): Promise<HttpAnswer> {
    const answer = await attempt(request, false)
    if (answer.status !== 401 || typeof options.credentials !== 'function') return answer
    await drop(answer)
    return attempt(request, true)
  }

  return {
    read,
    worded,
    async send(request) {
      const answer = await read(request, () => sendOnce(request))
      if (options.onWarning !== undefined) for (const text of warningsIn(answer)) options.onWarning(text)
      const seconds = retryAfterSeconds(answer, env.clock.now())
      return seconds === undefined ? answer : { ...answer, retryAfterSeconds: seconds }
    },
    async close() {
      const transport = connection?.transport ?? transportFor(undefined)
      await transport.close()
    },
  }
}

function headersOf(
  request: OutgoingRequest,
  options: KubeClientOptions,
  credentials: Credentials,
): Record<string, string | string[]> {
  return {
    accept: request.accept ?? 'application/json',
    'user-agent': options.userAgent ?? 'flotilla',
    // Events are to arrive as they happen, not when a block is full.
    ...(request.isLongLived === true ? {} : { 'accept-encoding': 'gzip' }),
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...identityHeaders(credentials, options.impersonate),
  }
}

function bodyOf(body: unknown): { readonly body?: Buffer } {
  if (body === undefined) return {}
  if (body instanceof Uint8Array) return { body: Buffer.from(body) }
  return { body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}

async function drop(answer: HttpAnswer): Promise<void> {
  for await (const _ of answer.body) break
}

/** A 429 to an eviction speaks of a disruption budget, not of the server's load. */
function pauseFor(request: OutgoingRequest, answer: HttpAnswer, now: number): { readonly retryAfterMs?: number } {
  const isLoad = (answer.status === 429 && !/\/eviction(\?|$)/.test(request.path)) || answer.status === 503
  const seconds = isLoad ? retryAfterSeconds(answer, now) : undefined
  return seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }
}

/** Seconds, or an HTTP date; at most five minutes, whatever the server says. */
function retryAfterSeconds(answer: HttpAnswer, now: number): number | undefined {
  const text = header(answer, 'retry-after')
  if (text === undefined) return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000
  return Number.isNaN(seconds) ? undefined : Math.min(300, Math.max(0, seconds))
}

/** `299 - "text"`, several with commas between. */
function warningsIn(answer: HttpAnswer): readonly string[] {
  const value = answer.headers['warning']
  const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
  return [...text.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((found) => (found[1] ?? '').replace(/\\(.)/g, '$1'))
}
