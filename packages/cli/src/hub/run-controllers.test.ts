import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub

beforeAll(async () => {
  t = await startTestHub()
})
afterAll(() => t[Symbol.asyncDispose]())

describe('flotilla controllers', () => {
  it('refuses a hub of flotilla start, whose controllers run already', async () => {
    const { code, err } = await t.run('controllers')
    expect(err).toBe(
      `Error: Cannot run controllers for ${t.hub.url}: flotilla start serves it, and runs its controllers itself. Next: flotilla status\n`,
    )
    expect(code).toBe(1)
  })
})
