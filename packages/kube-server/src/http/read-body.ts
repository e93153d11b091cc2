// The bytes of a request's body, unpacked, within limits.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

export const maxBodyBytes = 3 * 1024 * 1024

/**
 * A body is taken as it is unless it is packed by gzip. Throws TooLarge past `limit` bytes (after unpacking) and
 * BadRequest for a broken gzip stream and for a body that ended before its end.
 */
export async function readBody(request: Body, encoding: string | undefined, limit = maxBodyBytes): Promise<Buffer> {
  if (encoding === 'gzip') return unpack(request, limit)
  const body = await collect(request, limit)
  if (request.stream === undefined || Number(request.headers?.['content-length']) === body.length) return body
  // HTTP/2 ends the body of a stream that was reset as if it were whole, and tells only afterwards.
  await new Promise((resolve) => setImmediate(resolve))
  if (!request.stream.destroyed) return body
  throw new FlotillaError('BadRequest', 'Cannot read the body: the client left before its end')
}

type Body = Readable & {
  readonly headers?: IncomingHttpHeaders
  /** Of HTTP/2. */
  readonly stream?: { readonly destroyed: boolean }
}

async function unpack(request: Body, limit: number): Promise<Buffer> {
  const unpacked = createGunzip()
  request.once('close', () => {
    if (!request.readableEnded) unpacked.destroy(new Error('the client left'))
  })
  try {
    return await collect(request.pipe(unpacked), limit)
  } catch (error) {
    if (error instanceof FlotillaError) throw error
    throw new FlotillaError('BadRequest', 'Cannot unpack the body: broken gzip stream', {}, { cause: error })
  }
}

async function collect(source: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // The request is left whole when it is refused: its answer still goes out, on a connection that stays usable.
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new FlotillaError('TooLarge', `Request entity too large: limit is ${limit}`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
}
