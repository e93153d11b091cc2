// HTTP/1.1 for servers that speak nothing newer, plain http:// and connections through a proxy: an undici pool.
import { Pool, ProxyAgent, type Dispatcher } from 'undici'
import type { ClientCertificate, ServerAddress } from './credentials.ts'
import { tlsOptions } from './tls-options.ts'
import { NotProcessed, type HttpAnswer, type HttpRequest, type Transport, type TransportLimits } from './transport.ts'

export function createHttp1Transport(
  server: ServerAddress,
  certificate: ClientCertificate | undefined,
  limits: TransportLimits,
): Transport {
  const origin = new URL(server.url).origin
  const dispatcher = dispatcherFor(origin, server, certificate, limits)
  return {
    async request(request) {
      try {
        return await send(dispatcher, origin, request, limits)
      } catch (error) {
        throw error instanceof Error && 'code' in error && error.code === 'UND_ERR_DESTROYED'
          ? new NotProcessed('the pool was closed', { cause: error })
          : error
      }
    },
    close: () => dispatcher.destroy(),
    retire: () => void dispatcher.close(),
  }
}

function dispatcherFor(
  origin: string,
  server: ServerAddress,
  certificate: ClientCertificate | undefined,
  limits: TransportLimits,
): Dispatcher {
  const tls = { ...tlsOptions(server, certificate), timeout: limits.connectMs }
  if (server.proxyUrl === undefined) return new Pool(origin, { connect: tls, allowH2: false })
  return new ProxyAgent({ uri: server.proxyUrl, requestTls: tls, connectTimeout: limits.connectMs, allowH2: false })
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
