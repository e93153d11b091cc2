// The API server on the network: HTTP/2 and HTTP/1.1 on one TLS port.
import type { X509Certificate } from 'node:crypto'
import { constants, createSecureServer, type Http2SecureServer, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Env } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Authenticator, Credentials } from '../access/authenticator.ts'
import { allowAll, type Authorizer } from '../access/authorizer.ts'
import { createReviews, type Review, type Reviews } from '../access/reviews.ts'
import type { Operations } from '../operations.ts'
import type { ResourceCatalog } from '../served-resource.ts'
import type { Exchange, ServerAnswer, ServerRequest } from './exchange.ts'
import { handleRequest, type RequestDeps } from './handle-request.ts'
import { ping, type HealthCheck } from './health.ts'
import { createRequestLimits, type RequestLimitOptions } from './request-limits.ts'
import { serverVersion } from './version.ts'

const streamWindowBytes = 1024 * 1024
const connectionWindowBytes = 16 * 1024 * 1024
const maxStreamsPerConnection = 1000
const maxHeaderBytes = 64 * 1024
const headersTimeoutMs = 30_000
/** As upstream: a client that finds its connection closed as it sends cannot know whether it was heard. */
const idleTimeoutMs = 90_000

export interface ServeOptions {
  readonly env: Env
  /** `setReviews` is told how reviews are answered, so that callers in process get the same. */
  readonly server: {
    readonly operations: Operations
    readonly catalog: ResourceCatalog
    setReviews?(reviews: Reviews): void
  }
  /** PEM. `clientCa`: who signs client certificates; requested from every client, verified by the authenticators. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  /** 127.0.0.1 unless given. */
  readonly host?: string
  /** 0, the default, takes any that is free. */
  readonly port?: number
  readonly authenticators: readonly Authenticator[]
  /** Everything is allowed without one. */
  readonly authorizer?: Authorizer
  /** Callers without credentials go on as system:anonymous; true unless given. */
  readonly allowAnonymous?: boolean
  readonly checks?: readonly HealthCheck[]
  /** Answers `serviceaccounts/NAME/token`. */
  readonly tokenRequest?: Review
  /** How kinds are answered that are never stored and that the catalog serves besides, by `GROUP/PLURAL`. */
  readonly reviews?: ReadonlyMap<string, Review>
  readonly extension?: (exchange: Exchange) => Promise<boolean>
  /** How much one user may have under way at once. */
  readonly limits?: RequestLimitOptions
}

export interface Serving {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  readonly port: number
  /** Ends watches and connections. */
  close(): Promise<void>
}

/** Rejects with Node's error when the address cannot be listened on. */
export async function serveKube(options: ServeOptions): Promise<Serving> {
  const closing = new AbortController()
  const deps = depsOf(options)
  const server = createTlsServer(options)
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('session', (session) => session.setLocalWindowSize(connectionWindowBytes))
  server.on('request', (request, answer) => void serve(deps, request, answer, closing.signal))
  const host = options.host ?? '127.0.0.1'
  await listen(server, host, options.port ?? 0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      closing.abort()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function depsOf(options: ServeOptions): RequestDeps {
  const { env, server, authenticators, authorizer = allowAll, tokenRequest, extension } = options
  const reviews = createReviews({
    authorizer,
    authenticators,
    now: () => timestamp(env.clock.now()),
    ...(tokenRequest === undefined ? {} : { tokenRequest }),
    ...(options.reviews === undefined ? {} : { others: options.reviews }),
  })
  server.setReviews?.(reviews)
  return {
    env,
    operations: server.operations,
    catalog: server.catalog,
    authorizer,
    authenticators,
    allowAnonymous: options.allowAnonymous ?? true,
    reviews,
    checks: [ping, ...(options.checks ?? [])],
    version: serverVersion,
    limits: createRequestLimits(options.limits),
    ...(extension === undefined ? {} : { extension }),
  }
}

function createTlsServer({ tls }: ServeOptions): Http2SecureServer {
  return createSecureServer({
    allowHTTP1: true,
    cert: tls.cert,
    key: tls.key,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    maxSessionMemory: 64,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    settings: {
      initialWindowSize: streamWindowBytes,
      maxConcurrentStreams: maxStreamsPerConnection,
      maxHeaderListSize: maxHeaderBytes,
    },
  } as Parameters<typeof createSecureServer>[0])
}

async function serve(
  deps: RequestDeps,
  request: ServerRequest,
  answer: ServerAnswer,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  answer.once('close', leave)
  closing.addEventListener('abort', leave)
  answer.on('error', leave)
  try {
    await handleRequest(deps, request, answer, credentialsOf(request), gone.signal)
    discard(request)
  } finally {
    closing.removeEventListener('abort', leave)
  }
}

/** A body that nobody read would hold the stream, or the next request of an HTTP/1.1 connection, back. */
function discard(request: ServerRequest): void {
  if (request.readableEnded || request.destroyed) return
  request.resume()
  const { stream } = request as Partial<Http2ServerRequest>
  if (stream === undefined || stream.endAfterHeaders || stream.destroyed) return
  if (stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR)
}

const certificates = new WeakMap<object, X509Certificate | null>()

function credentialsOf(request: ServerRequest): Credentials {
  const authorization = request.headers.authorization
  const isBearer = authorization !== undefined && /^bearer /i.test(authorization)
  const certificate = certificateOf(request)
  return {
    ...(isBearer ? { bearer: authorization.slice('bearer '.length).trim() } : {}),
    ...(certificate === undefined ? {} : { certificate }),
  }
}

/** Parsed once for each connection. */
function certificateOf(request: ServerRequest): X509Certificate | undefined {
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined
  if (socket === undefined) return undefined
  const owner = 'stream' in request ? (request.stream.session as object) : socket
  const known = certificates.get(owner)
  if (known !== undefined) return known ?? undefined
  const found = socket.getPeerX509Certificate()
  certificates.set(owner, found ?? null)
  return found
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
