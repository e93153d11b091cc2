// A small TLS server that answers as a test tells it to, over HTTP/2 or HTTP/1.1.
import http from 'node:http'
import http2, { type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { issueCertificate, type IssuedCertificate } from './certificate.ts'

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse, body: string) => void

export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly http2: Http2SecureServer | undefined
  /** `METHOD path`, in order. */
  readonly requests: readonly string[]
  /** Breaks every connection. */
  disconnect(): void
}

export interface TestServerOptions {
  readonly protocol?: 'h2' | 'http/1.1' | 'plain'
  readonly certificate?: IssuedCertificate
  readonly maxConcurrentStreams?: number
}

export const authority = issueCertificate({ name: 'test authority', isAuthority: true })
const localhost = issueCertificate({
  name: 'localhost',
  issuer: authority,
  dnsNames: ['localhost'],
  addresses: ['127.0.0.1'],
})

export async function startTestServer(handler: Handler, options: TestServerOptions = {}): Promise<TestServer> {
  const { certificate: cert, key } = options.certificate ?? localhost
  const requests: string[] = []
  const listener = (request: Http2ServerRequest, response: Http2ServerResponse) => {
    const parts: Buffer[] = []
    requests.push(`${request.method} ${request.url}`)
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()))
  }
  const asHttp1 = listener as unknown as http.RequestListener
  const protocol = options.protocol ?? 'h2'
  const settings =
    options.maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams: options.maxConcurrentStreams }
  const server: Server =
    protocol === 'h2'
      ? http2.createSecureServer({ cert, key, settings }, listener)
      : protocol === 'plain'
        ? http.createServer(asHttp1)
        : https.createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, asHttp1)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const disconnect = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `${protocol === 'plain' ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    http2: protocol === 'h2' ? (server as Http2SecureServer) : undefined,
    requests,
    disconnect,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      disconnect()
      await closed
    },
  }
}

/** Answers with JSON. */
export function json(
  response: Http2ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
