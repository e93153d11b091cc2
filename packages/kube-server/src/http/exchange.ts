// One request and its answer, as every handler sees them.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { RequestContext } from '../operations.ts'
import type { RequestInfo } from './parse-request.ts'

export type ServerRequest = IncomingMessage | Http2ServerRequest
export type ServerAnswer = ServerResponse | Http2ServerResponse

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
