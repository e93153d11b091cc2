// Reads bodies: whole ones into values, streams into lines.
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { HttpAnswer } from './transport.ts'

/** A server may not fill our memory. */
const maxBodyBytes = 512 * 1024 * 1024
const maxLineBytes = 64 * 1024 * 1024

const inflate = promisify(gunzip)

export interface Body {
  readonly contentType: string
  /** Parsed JSON, else text. */
  readonly value: unknown
}

export async function readBody(answer: HttpAnswer): Promise<Body> {
  const contentType = header(answer, 'content-type') ?? ''
  const received = await collect(answer.body)
  const isZipped = header(answer, 'content-encoding') === 'gzip' && received.length > 0
  const bytes = isZipped ? await inflate(received, { maxOutputLength: maxBodyBytes }) : received
  const text = bytes.toString('utf8')
  if (!/^application\/([\w.+-]+\+)?json/.test(contentType) || text === '') return { contentType, value: text }
  try {
    return { contentType, value: JSON.parse(text) as unknown }
  } catch (error) {
    throw new FlotillaError('Unavailable', 'the server answered with broken JSON', {}, { cause: error })
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > maxBodyBytes) throw new FlotillaError('TooLarge', `the answer is larger than ${maxBodyBytes} bytes`)
    parts.push(chunk)
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length)
}

/** Lines without their newline, empty ones left out. Each byte is looked at once and copied at most once. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      start = end + 1
      const line = pieces.length === 0 ? piece : Buffer.concat([...pieces, piece])
      pieces = []
      length = 0
      if (line.length > 0) yield line.toString('utf8')
    }
    if (start === chunk.length) continue
    pieces.push(chunk.subarray(start))
    length += chunk.length - start
    if (length > maxLineBytes) throw new FlotillaError('TooLarge', `an event is larger than ${maxLineBytes} bytes`)
  }
  if (length > 0) yield Buffer.concat(pieces).toString('utf8')
}

/** The first value of a header. */
export function header(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}
