// One HTTP/2 connection: requests as streams, pings, and an orderly end when the server says goodbye.
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Env, Timer } from '@flotilla/runtime/env'
import { aborted } from './abort.ts'
import { NotProcessed, timeoutError, type HttpAnswer, type HttpRequest, type TransportLimits } from './transport.ts'

/**
 * Flow-control windows in bytes. The default of 64 KiB would cost one round trip per 64 KiB of a list; the session's
 * is larger than a stream's, so that a reader that rests does not stop the others.
 */
const streamWindow = 8 * 1024 * 1024
const sessionWindow = 32 * 1024 * 1024

/** Streams at once that we ask of a server that allows any number. */
const mostStreams = 250

const pingEveryMs = 30_000
const pingTimeoutMs = 15_000

const notProcessedCodes = new Set(['ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_GOAWAY_SESSION'])

export interface Http2Session {
  request(request: HttpRequest): Promise<HttpAnswer>
  /**
   * False when it is ending or full. Watches may take half of the streams that the server allows; the other requests
   * wait in line for the rest.
   */
  hasRoomFor(request: Pick<HttpRequest, 'isLongLived'>): boolean
  isOver(): boolean
  /** Takes no more requests; ends when the last stream does. */
  retire(): void
  /** Ends every stream. */
  destroy(): void
}

/**
 * Speaks HTTP/2 on `socket`, whose handshake is done. Resolves when the server has said how many streams it allows.
 * `onClose` is called once, when the session is over.
 */
export async function openHttp2Session(
  env: Env,
  url: string,
  socket: TLSSocket,
  limits: TransportLimits,
  onClose: () => void,
): Promise<Http2Session> {
  const session = http2.connect(url, {
    createConnection: () => socket,
    settings: { initialWindowSize: streamWindow, enablePush: false },
  })
  let watches = 0
  let isDraining = false
  const drain = () => {
    isDraining = true
  }
  session.once('connect', () => session.setLocalWindowSize(sessionWindow))
  session.on('goaway', drain)
  // Without a listener an error of an idle session would end the process; streams tell those whom it concerns.
  session.on('error', drain)
  const stopPings = keepAlive(env, session)
  session.once('close', () => {
    drain()
    stopPings()
    onClose()
  })
  await settingsOf(env, session, limits)
  return {
    hasRoomFor({ isLongLived }) {
      if (isDraining || session.closed) return false
      const allowed = Math.min(session.remoteSettings.maxConcurrentStreams ?? mostStreams, mostStreams)
      return watches < (isLongLived ? Math.max(1, Math.floor(allowed / 2)) : allowed)
    },
    isOver: () => session.destroyed,
    retire() {
      drain()
      session.close()
    },
    destroy() {
      drain()
      session.destroy()
    },
    async request(request) {
      const stream = openStream(session, request)
      if (request.isLongLived) {
        watches += 1
        stream.once('close', () => {
          watches -= 1
        })
      }
      return answerOf(env, stream, request, limits)
    },
  }
}

function settingsOf(env: Env, session: ClientHttp2Session, limits: TransportLimits): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = env.timers.after(limits.connectMs, () => session.destroy(timeoutError('no HTTP/2 settings in time')))
    session.once('remoteSettings', () => {
      timer.cancel()
      resolve()
    })
    let failure: unknown = Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
    session.once('error', (error) => {
      failure = error
    })
    session.once('close', () => {
      timer.cancel()
      reject(failure)
    })
  })
}

/** Pings while the session lives, and destroys it when an answer stays out. Gives the way to stop. */
function keepAlive(env: Env, session: ClientHttp2Session): () => void {
  let timer: Timer | undefined
  const schedule = () => {
    timer = env.timers.after(pingEveryMs, ping)
  }
  const ping = () => {
    if (session.destroyed) return
    timer = env.timers.after(pingTimeoutMs, () => session.destroy(timeoutError('the server does not answer pings')))
    session.ping((error) => {
      timer?.cancel()
      if (error === null && !session.destroyed) schedule()
    })
  }
  schedule()
  return () => timer?.cancel()
}

function openStream(session: ClientHttp2Session, request: HttpRequest): ClientHttp2Stream {
  const headers = { ...request.headers, ':method': request.method, ':path': request.path }
  try {
    const stream = session.request(headers, { endStream: request.body === undefined })
    if (request.body !== undefined) stream.end(request.body)
    return stream
  } catch (error) {
    throw wasNotProcessed(error) ? new NotProcessed('the session had ended', { cause: error }) : error
  }
}

function wasNotProcessed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && notProcessedCodes.has(String(error.code))
}

function answerOf(
  env: Env,
  stream: ClientHttp2Stream,
  request: HttpRequest,
  limits: TransportLimits,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const timer = env.timers.after(limits.headersMs, () => stream.destroy(timeoutError('no answer in time')))
    const { signal } = request
    const abort = () => stream.destroy(signal === undefined ? undefined : aborted(signal))
    signal?.addEventListener('abort', abort, { once: true })
    stream.once('response', (headers) => {
      timer.cancel()
      resolve({
        status: Number(headers[':status']),
        headers: plain(headers),
        body: bodyOf(env, stream, request, limits),
      })
    })
    let failure: unknown
    // Also after the answer: a stream that nobody reads any more may still fail.
    stream.on('error', (error) => {
      failure = error
    })
    stream.once('close', () => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
      reject(closedBeforeAnswer(stream, failure))
    })
    if (signal?.aborted === true) abort()
  })
}

function closedBeforeAnswer(stream: ClientHttp2Stream, failure: unknown): unknown {
  const refused = stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM
  if (refused || wasNotProcessed(failure)) return new NotProcessed('the server refused the stream', { cause: failure })
  return failure ?? Object.assign(new Error('the connection was closed before the answer'), { code: 'ECONNRESET' })
}

function plain(headers: IncomingHttpHeaders): Record<string, string | string[] | undefined> {
  return headers as Record<string, string | string[] | undefined>
}

async function* bodyOf(
  env: Env,
  stream: ClientHttp2Stream,
  request: HttpRequest,
  limits: TransportLimits,
): AsyncGenerator<Buffer> {
  let timer: Timer | undefined
  const watchIdle = () => {
    timer?.cancel()
    if (request.isLongLived) return
    timer = env.timers.after(limits.bodyIdleMs, () => stream.destroy(timeoutError('the answer stopped halfway')))
  }
  try {
    watchIdle()
    for await (const chunk of stream) {
      watchIdle()
      yield chunk as Buffer
    }
    // A lost connection ends its streams as if they were complete; only the code of their reset tells.
    if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR)
      throw Object.assign(new Error('the connection was lost halfway'), { code: 'ECONNRESET' })
  } finally {
    timer?.cancel()
    if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL)
  }
}
