// Writes answers: one object, a Status, a document; with the headers that every answer carries.
import { gzip } from 'node:zlib'
import { toStatus, type Status } from '@flotilla/machinery/errors'
import { headerOf, type Exchange } from './exchange.ts'
import type { Representation } from './negotiate.ts'
import { isTrue } from './parse-request.ts'
import { writeYaml } from './yaml.ts'

/** Smaller answers cost more to pack than to send. */
const minGzipBytes = 128 * 1024
const gzipLevel = 1
const jsonFormat: Representation = { media: 'application/json', asVersion: 'v1' }

export type Headers = Readonly<Record<string, string>>

export async function respondObject(
  exchange: Exchange,
  code: number,
  value: unknown,
  format: Representation = jsonFormat,
): Promise<void> {
  if (format.media === 'application/yaml') return respondText(exchange, code, 'application/yaml', writeYaml(value))
  const text = isPretty(exchange) ? `${JSON.stringify(value, null, 2)}\n` : `${JSON.stringify(value)}\n`
  return respondText(exchange, code, 'application/json', text)
}

/** `error` as a Status. Nothing can be said any more when the headers are out: the stream is cut. */
export async function respondError(exchange: Exchange, error: unknown): Promise<void> {
  if (exchange.answer.headersSent) return void exchange.answer.destroy()
  const status = toStatus(error)
  return respondStatus(exchange, status)
}

export async function respondStatus(exchange: Exchange, status: Status): Promise<void> {
  const seconds = status.details?.retryAfterSeconds
  if (seconds !== undefined) exchange.answer.setHeader('retry-after', String(seconds))
  const wantsYaml = headerOf(exchange.request, 'accept')?.startsWith('application/yaml') ?? false
  return respondObject(exchange, status.code, status, {
    media: wantsYaml ? 'application/yaml' : 'application/json',
    asVersion: 'v1',
  })
}

export async function respondText(
  exchange: Exchange,
  code: number,
  contentType: string,
  text: string | Buffer,
  headers: Headers = {},
): Promise<void> {
  const { answer } = exchange
  startHeaders(exchange, contentType)
  for (const [name, value] of Object.entries(headers)) answer.setHeader(name, value)
  const plain = typeof text === 'string' ? Buffer.from(text, 'utf8') : text
  const isPacked = plain.length >= minGzipBytes && takesGzip(exchange)
  const body = isPacked ? await pack(plain) : plain
  if (isPacked) answer.setHeader('content-encoding', 'gzip')
  answer.setHeader('content-length', String(body.length))
  answer.statusCode = code
  if (exchange.request.method === 'HEAD') answer.end()
  else answer.end(body)
}

/** Headers common to answers and watch streams. */
export function startHeaders({ answer, auditId, warnings }: Exchange, contentType: string): void {
  answer.setHeader('audit-id', auditId)
  answer.setHeader('cache-control', 'no-cache, private')
  answer.setHeader('content-type', contentType)
  if (warnings.length > 0)
    answer.setHeader(
      'warning',
      warnings.map((text) => `299 - ${quoteWarning(text)}`),
    )
}

function quoteWarning(text: string): string {
  const safe = text.replaceAll(/[^\x20-\x7e]/g, (char) => (char === '\n' || char === '\t' ? ' ' : '?'))
  return `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function takesGzip({ request }: Exchange): boolean {
  return headerOf(request, 'accept-encoding')?.includes('gzip') ?? false
}

function isPretty({ info, request }: Exchange): boolean {
  if (info.query.size > 0 && info.query.has('pretty')) return isTrue(info.query.get('pretty'))
  const agent = headerOf(request, 'user-agent') ?? ''
  return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0')
}

function pack(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: gzipLevel }, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}
