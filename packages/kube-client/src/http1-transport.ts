// HTTP/1.1 for servers that speak nothing newer, plain http:// and connections through a proxy: an undici pool.
import { Pool, ProxyAgent, type Dispatcher } from 'undici'
import type { ClientCertificate, ServerAddress } from './credentials.ts'
import { tlsOptions } from './tls-options.ts'
import { NotProcessed, type HttpAnswer, type HttpRequest, type Transport, type TransportLimits } from './transport.ts'

/** For all requests but watches; more wait in line. */
const maxConnections = 32

export function createHttp1Transport(
  server: ServerAddress,
  certificate: ClientCertificate | undefined,
  limits: TransportLimits,
): Transport {
  const origin = new URL(server.url).origin
  // Watches hold a connection each: they must not keep the others waiting.
  const watches = dispatcherFor(origin, server, certificate, limits)
  const others = dispatcherFor(origin, server, certificate, limits, maxConnections)
  return {
    async request(request) {
      try {
        return await send(request.isLongLived ? watches : others, origin, request, limits)
      } catch (error) {
        const wasClosed = error instanceof Error && 'code' in error && error.code === 'UND_ERR_DESTROYED'
        throw wasClosed ? new NotProcessed('the pool was closed', { cause: error }) : error
      }
    },
    async close() {
      await Promise.all([watches.destroy(), others.destroy()])
    },
    retire() {
      void watches.close()
      void others.close()
    },
  }
}

function dispatcherFor(
  origin: string,
  server: ServerAddress,
  certificate: ClientCertificate | undefined,
  limits: TransportLimits,
  connections: number | null = null,
): Dispatcher {
  const tls = { ...tlsOptions(server, certificate), timeout: limits.connectMs }
  if (server.proxyUrl === undefined) return new Pool(origin, { connect: tls, allowH2: false, connections })
  const { proxyUrl: uri } = server
  return new ProxyAgent({ uri, requestTls: tls, connectTimeout: limits.connectMs, allowH2: false, connections })
}

async function send(
  dispatcher: Dispatcher,
  origin: string,
  request: HttpRequest,
  limits: TransportLimits,
): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await dispatcher.request({
    origin,
    method: request.method as Dispatcher.HttpMethod,
    path: request.path,
    headers: request.headers as Record<string, string | string[]>,
    body: request.body ?? null,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    headersTimeout: limits.headersMs,
    bodyTimeout: request.isLongLived ? 0 : limits.bodyIdleMs,
  })
  return { status: statusCode, headers, body }
}
