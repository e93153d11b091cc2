// Bodies by the chunk, within their limits.
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { maxBodyBytes, readBody } from './read-body.ts'

const mebibyte = 1024 * 1024
const chunksOf = (bytes: Buffer, size = 16 * 1024): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

/** Counts the chunks that were asked of it. */
function source(chunks: readonly Buffer[]) {
  const taken = { count: 0 }
  function* give() {
    for (const chunk of chunks) {
      taken.count++
      yield chunk
    }
  }
  return { body: Readable.from(give(), { highWaterMark: 1 }), taken }
}

describe('readBody()', () => {
  test('reads what is packed and what is not', async () => {
    const text = Buffer.from('{"a":1}'.repeat(10_000))
    expect(await readBody(source(chunksOf(text)).body, undefined)).toEqual(text)
    expect(await readBody(source(chunksOf(gzipSync(text))).body, 'gzip')).toEqual(text)
    expect(await readBody(source([]).body, undefined)).toEqual(Buffer.alloc(0))
  })

  test('takes a body of the limit and refuses one byte more, before its end', async () => {
    const { body, taken } = source(chunksOf(Buffer.alloc(3 * maxBodyBytes)))
    await expect(readBody(body, undefined)).rejects.toMatchObject({ code: 'TooLarge' })
    // A destroyed request takes its connection along, and with it the next request.
    expect(body.destroyed).toBe(false)
    expect(taken.count).toBeLessThan(250)
    expect(await readBody(source(chunksOf(Buffer.alloc(maxBodyBytes))).body, undefined)).toHaveLength(maxBodyBytes)
  })

  test('refuses a small body that unpacks to a large one, before its end', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte), { level: 1 })
    expect(bomb.length).toBeLessThan(mebibyte)
    const { body, taken } = source(chunksOf(bomb, 512))
    await expect(readBody(body, 'gzip')).rejects.toMatchObject({ code: 'TooLarge' })
    expect(taken.count).toBeLessThan(bomb.length / 512)
  })

  test.each([
    { name: 'no gzip at all', bytes: Buffer.from('{"a":1}') },
    { name: 'half of a stream', bytes: gzipSync(Buffer.from('x'.repeat(1000))).subarray(0, 20) },
  ])('refuses $name', async ({ bytes }) => {
    await expect(readBody(source([bytes]).body, 'gzip')).rejects.toMatchObject({ code: 'BadRequest' })
  })

  test('ends when the client leaves a packed body', async () => {
    const body = new Readable({ read() {} })
    body.push(gzipSync(Buffer.from('x'.repeat(1000))).subarray(0, 20))
    const read = readBody(body, 'gzip')
    body.destroy()
    await expect(read).rejects.toMatchObject({ code: 'BadRequest' })
  })
})
