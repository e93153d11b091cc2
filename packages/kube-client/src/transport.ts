// What the client asks of a connection, whichever HTTP version it speaks.

export interface HttpRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: Buffer
  readonly signal?: AbortSignal
  /** A watch: its body may pause as long as it likes. */
  readonly isLongLived: boolean
}

export interface HttpAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Throws when the body breaks off. Leaving the loop early frees the stream. */
  readonly body: AsyncIterable<Buffer>
}

export interface Transport {
  /** Throws errors of sockets and streams as they are, and `NotProcessed` when the server surely did nothing. */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Ends everything at once. */
  close(): Promise<void>
  /** Ends when the requests that are under way are answered; takes no more. */
  retire(): void
}

export interface TransportLimits {
  readonly connectMs: number
  /** From the request to its answer's headers. */
  readonly headersMs: number
  /** Between two pieces of a body, watches excepted. */
  readonly bodyIdleMs: number
}

export const defaultLimits: TransportLimits = { connectMs: 10_000, headersMs: 65_000, bodyIdleMs: 60_000 }

/** The request never reached the server's handlers, so it may be sent again whatever it was. */
export class NotProcessed extends Error {
  override readonly name = 'NotProcessed'
}

/** An error that `connectionError` words as a timeout. */
export function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
