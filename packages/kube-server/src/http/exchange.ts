// One request and its answer, as every handler sees them.
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Writable } from 'node:stream'
import type { RequestContext } from '../operations.ts'
import type { RequestInfo } from './parse-request.ts'

export type ServerRequest = IncomingMessage | Http2ServerRequest

/** What HTTP/1.1's and HTTP/2's responses have in common. */
export interface ServerAnswer extends Writable {
  statusCode: number
  readonly headersSent: boolean
  setHeader(name: string, value: string | readonly string[]): unknown
  /** Of HTTP/1.1; HTTP/2 sends headers with `writeHead`. */
  flushHeaders?(): void
  writeHead(code: number): unknown
}

export interface Exchange {
  readonly request: ServerRequest
  readonly answer: ServerAnswer
  readonly info: RequestInfo
  readonly auditId: string
  readonly context: RequestContext
  readonly warnings: readonly string[]
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal
}

export function headerOf(request: ServerRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
