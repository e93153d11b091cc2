// Lines from bytes, however they are cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from './body.ts'

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

describe('readLines()', () => {
  it('gives the lines of the text wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(20)), async (texts, sizes) => {
        const lines = texts.map((text) => text.replaceAll('\n', ''))
        const found: string[] = []
        for await (const line of readLines(inPieces(Buffer.from(lines.join('\n')), sizes))) found.push(line)
        expect(found).toEqual(lines.filter((line) => line !== '').map((line) => Buffer.from(line).toString()))
      }),
    )
  })

  it('refuses a line without end', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      const chunk = Buffer.alloc(1024 * 1024, 'a')
      for (;;) yield chunk
    }
    await expect(readLines(endless()).next()).rejects.toMatchObject({ code: 'TooLarge' })
  })
})
