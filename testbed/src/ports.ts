// Asks the kernel for free ports.
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'

/** `count` different ports of 127.0.0.1 that were free a moment ago: whoever starts on them may have to try again. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

function listen(): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail)
    server.listen(0, '127.0.0.1', () => done(server))
  })
}
