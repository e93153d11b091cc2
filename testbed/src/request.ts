// A small HTTPS client for the testbed's own needs: readiness, nodes, recording.
import { Agent, request as httpsRequest } from 'node:https'

export interface TestRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Without the administrator's token. */
  readonly anonymous?: boolean
}

export interface TestResponse {
  readonly code: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface Endpoint {
  readonly server: string
  readonly token: string
  /** PEM. */
  readonly ca: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })
const timeoutMs = 60_000

/** Throws when there is no answer; any code is an answer. Aborting `signal` ends a stream with what came so far. */
export function send(endpoint: Endpoint, request: TestRequest, signal?: AbortSignal): Promise<TestResponse> {
  return new Promise((done, fail) => {
    const outgoing = httpsRequest(
      new URL(request.path, endpoint.server),
      {
        agent,
        method: request.method ?? 'GET',
        ca: endpoint.ca,
        headers: headersOf(endpoint, request),
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = []
        const finish = (): void =>
          done({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() })
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', finish)
        response.once('error', signal?.aborted ? finish : fail)
        signal?.addEventListener('abort', () => {
          response.destroy()
          finish()
        })
      },
    )
    outgoing.once('error', fail)
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${request.path}: no answer within ${timeoutMs} ms`)))
    outgoing.end(request.body)
  })
}

/** Node frames the body of a DELETE only when its length is given. */
function headersOf({ token }: Endpoint, { headers, body, anonymous }: TestRequest): Record<string, string> {
  return {
    ...(anonymous ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
}

/** Parses the answer. Throws for a code of 300 and above, with the body. */
export async function sendJson(endpoint: Endpoint, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await send(endpoint, {
    method,
    path,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.code >= 300) throw new Error(`${method} ${path}: ${response.code} ${response.body}`)
  return JSON.parse(response.body)
}
