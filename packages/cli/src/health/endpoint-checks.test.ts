import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { testTerminal } from '../../test/test-terminal.ts'
import { runChecks } from './checks.ts'
import { endpointChecks } from './endpoint-checks.ts'

const silent = createServer((socket) => void socket.on('error', () => {}).resume())

beforeAll(() => new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => silent.close(resolve)))

describe('endpointChecks()', () => {
  it('sends to the server and the way to it when the port is open and nothing answers', async () => {
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const terminal = testTerminal()
    expect(await runChecks(endpointChecks({ url }, 200, { next: 'flotilla join' }), terminal)).toBe(false)
    const text = terminal.stdout
    expect(text).toMatch(/^connect +ok /m)
    expect(text).toMatch(/^tls +failed +Cannot agree on TLS: .*: it did not answer in time$/m)
    expect(text).toContain(`Next: check that the API server is not stuck, and what is on the way to it`)
    expect(text).not.toContain('flotilla join')
  })

  it('sends to the server and the way to it, and not to the credentials, when the connection is reset', async () => {
    const resetting = createServer((socket) =>
      socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()),
    )
    await new Promise<void>((resolve) => resetting.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void resetting.close())
    const url = `https://127.0.0.1:${(resetting.address() as AddressInfo).port}`
    const terminal = testTerminal()
    expect(await runChecks(endpointChecks({ url }, 5_000, { next: 'flotilla join' }), terminal)).toBe(false)
    expect(terminal.stdout).toMatch(/^tls +failed +Cannot agree on TLS: .*: it closed the connection$/m)
    expect(terminal.stdout).toContain(`Next: check that the API server is not stuck, and what is on the way to it`)
  })
})
