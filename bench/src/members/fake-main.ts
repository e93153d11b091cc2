// The process of the fake API servers: `node fake-main.ts COUNT`. Tells its parent where they are, and when the last of
// them has accepted a Deployment.
import { createCa, createServingCertificate } from '@flotilla/kube-server/http/certificates'
import { env } from '../api-server.ts'
import { now } from '../clock.ts'
import { FakeApiServer } from './fake-api-server.ts'
import type { Accepted, Endpoints } from './protocol.ts'

const count = Number(process.argv[2])
const ca = await createCa(env, 'fake')
const { cert, key } = await createServingCertificate(env, ca, ['127.0.0.1'])
const acceptedBy = new Map<string, Set<number>>()

function noteWrite(server: number, path: string): void {
  if (!path.includes('/deployments/')) return
  const name = path.slice(path.lastIndexOf('/') + 1)
  const by = acceptedBy.get(name) ?? new Set()
  acceptedBy.set(name, by)
  if (by.has(server)) return
  by.add(server)
  if (by.size === count) process.send?.({ name, at: now() } satisfies Accepted)
}

const servers = Array.from({ length: count }, (_, index) => {
  return new FakeApiServer({ cert, key, onWrite: (path) => noteWrite(index, path) })
})
const ports = await Promise.all(servers.map((server) => server.listen()))
process.send?.({ ports, ca: ca.cert } satisfies Endpoints)
