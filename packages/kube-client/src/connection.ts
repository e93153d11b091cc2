// The way to one server with one identity: HTTP/2 where the server speaks it, else HTTP/1.1. Reconnects by itself.
import { isIP } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import type { Env } from '@flotilla/runtime/env'
import type { ClientCertificate, ServerAddress } from './credentials.ts'
import { createHttp1Transport } from './http1-transport.ts'
import { openHttp2Session, type Http2Session } from './http2-session.ts'
import { tlsOptions } from './tls-options.ts'
import { NotProcessed, timeoutError, type HttpRequest, type Transport, type TransportLimits } from './transport.ts'

export interface ConnectionOptions {
  readonly env: Env
  readonly server: ServerAddress
  readonly clientCertificate?: ClientCertificate
  readonly limits: TransportLimits
}

/**
 * Connects at the first request. One HTTP/2 session carries everything; only for more watches than it has room for is
 * another opened. A request that the server surely did not process is sent once more.
 */
export function createConnection(options: ConnectionOptions): Transport {
  const { server, clientCertificate, limits } = options
  const sessions = new Set<Http2Session>()
  let opening: Promise<Http2Session | undefined> | undefined
  let http1: Transport | undefined
  let isClosed = false
  if (server.proxyUrl !== undefined || !server.url.startsWith('https:')) http1 = newHttp1()

  function newHttp1(): Transport {
    return createHttp1Transport(server, clientCertificate, limits)
  }

  /** undefined: the server does not speak HTTP/2. Callers at the same time share one handshake. */
  function open(): Promise<Http2Session | undefined> {
    opening ??= openSession().finally(() => {
      opening = undefined
    })
    return opening
  }

  async function openSession(): Promise<Http2Session | undefined> {
    const socket = await connectTls(options)
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy()
      http1 ??= newHttp1()
      return undefined
    }
    const session = await openHttp2Session(options.env, server.url, socket, limits, forgetEnded)
    if (session.isOver()) return session
    sessions.add(session)
    if (isClosed) session.destroy()
    return session
  }

  /** One may end before it is among them. */
  function forgetEnded(): void {
    for (const session of sessions) if (session.isOver()) sessions.delete(session)
  }

  async function carrierFor(request: HttpRequest): Promise<Pick<Transport, 'request'>> {
    if (isClosed) throw Object.assign(new Error('the client is closed'), { code: 'ERR_CLOSED' })
    for (;;) {
      const free = http1 ?? [...sessions].find((session) => session.hasRoomFor(request))
      if (free !== undefined) return free
      await open()
    }
  }

  return {
    async request(request) {
      try {
        return await (await carrierFor(request)).request(request)
      } catch (error) {
        if (!(error instanceof NotProcessed) || request.signal?.aborted === true) throw error
        return await (await carrierFor(request)).request(request)
      }
    },
    async close() {
      isClosed = true
      for (const session of sessions) session.destroy()
      await http1?.close()
    },
    retire() {
      for (const session of sessions) session.retire()
      http1?.retire()
    },
  }
}

function connectTls({ env, server, clientCertificate, limits }: ConnectionOptions): Promise<TLSSocket> {
  const url = new URL(server.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = server.tlsServerName ?? host
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      ...tlsOptions(server, clientCertificate),
      host,
      port: Number(url.port || 443),
      ALPNProtocols: ['h2', 'http/1.1'],
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(name, certificate),
      ...(isIP(host) === 0 ? { autoSelectFamily: true } : {}),
    })
    const timer = env.timers.after(limits.connectMs, () => socket.destroy(timeoutError('connecting took too long')))
    socket.setNoDelay(true)
    socket.once('secureConnect', () => {
      timer.cancel()
      resolve(socket)
    })
    socket.once('error', (error) => {
      timer.cancel()
      reject(error)
    })
  })
}
