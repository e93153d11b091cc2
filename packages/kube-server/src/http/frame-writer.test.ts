// Frames of a watch on their way to a client that may be slow, or gone.
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { ServerAnswer } from './exchange.ts'
import { createFrameWriter } from './frame-writer.ts'

/** Takes nothing more while `isStuck`. */
function aClient(highWaterMark = 16 * 1024) {
  const env = createVirtualEnv({ seed: 1 })
  const gone = new AbortController()
  const pieces: string[] = []
  let release = () => {}
  const client = { isStuck: false }
  const answer = new Writable({
    highWaterMark,
    write(chunk: Buffer, _, done) {
      pieces.push(chunk.toString())
      if (client.isStuck) release = done
      else done()
    },
  }) as unknown as ServerAnswer
  const writer = createFrameWriter(env, answer, gone.signal)
  return { env, answer, writer, pieces, client, gone, release: () => release() }
}

describe('createFrameWriter()', () => {
  test('writes the frames of one turn in one piece', async () => {
    const { env, writer, pieces } = aClient()
    for (const frame of ['a\n', 'b\n', 'c\n']) writer.write(frame)
    await env.settle()
    writer.write('d\n')
    await env.settle()
    expect(pieces).toEqual(['a\nb\nc\n', 'd\n'])
  })

  test('writes what is held before it ends', async () => {
    const { env, answer, writer, pieces } = aClient()
    writer.write('a\n')
    writer.end()
    await env.settle()
    expect([pieces, answer.writableEnded]).toEqual([['a\n'], true])
  })

  test('waits for a client that is behind', async () => {
    const { env, writer, client, release } = aClient(4)
    client.isStuck = true
    writer.write('a long frame\n')
    await env.settle()
    expect(writer.isBlocked()).toBe(true)
    const drained = writer.drained()
    release()
    expect([await drained, writer.isBlocked()]).toEqual([true, false])
  })

  test('cuts a client that takes nothing for half a minute', async () => {
    const { env, answer, writer, client } = aClient(4)
    client.isStuck = true
    writer.write('a long frame\n')
    await env.settle()
    const drained = writer.drained()
    await env.advance(29_000)
    expect(answer.destroyed).toBe(false)
    await env.advance(1_000)
    expect([await drained, answer.destroyed]).toEqual([false, true])
  })

  test('waits no more for one that went', async () => {
    const { env, writer, client, gone } = aClient(4)
    client.isStuck = true
    writer.write('a long frame\n')
    await env.settle()
    const drained = writer.drained()
    gone.abort()
    expect(await drained).toBe(false)
    writer.write('more\n')
    await env.settle()
  })
})
