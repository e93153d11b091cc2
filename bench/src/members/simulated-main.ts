// The process of simulated members served over HTTPS: `node simulated-main.ts COUNT NODES`. Tells its parent where
// they are.
import { createStaticTokenAuthenticator } from '@flotilla/kube-server/access/static-token-authenticator'
import { createCa, createServingCertificate } from '@flotilla/kube-server/http/certificates'
import { serveKube, type Serving } from '@flotilla/kube-server/http/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { createSimulatedCluster } from '@flotilla/simulator/cluster'
import { env } from '../api-server.ts'
import { now } from '../clock.ts'
import { token, type Endpoints, type Numbered, type Presence, type PresenceAnswer } from './protocol.ts'

const [count, nodes] = process.argv.slice(2).map(Number)
const ca = await createCa(env, 'simulated')
const tls = await createServingCertificate(env, ca, ['127.0.0.1'])
const authenticators = [
  createStaticTokenAuthenticator(new Map([[token, { name: 'bench', groups: ['system:masters'] }]])),
]
const serve: ((port?: number) => Promise<Serving>)[] = []
for (let index = 1; index <= (count ?? 1); index++) {
  const store = createMemoryStore({ env, freeze: false })
  const options = { env, store, name: `simulated-${index}`, nodes: nodes ?? 1, podStartMs: 400 }
  const { server } = await createSimulatedCluster(options)
  serve.push((port = 0) => serveKube({ env, server, tls, authenticators, port }))
}
const serving = await Promise.all(serve.map((start) => start()))
const ports = serving.map(({ port }) => port)
process.on('message', ({ id, body }: Numbered<Presence>) => {
  void setPresence(body).then((answer) => process.send?.({ id, body: answer } satisfies Numbered<unknown>))
})
process.send?.({ ports, ca: ca.cert } satisfies Endpoints)

/** Away: connections are cut and refused, as when the API server is killed; what runs goes on running. */
async function setPresence({ members, isAway }: Presence): Promise<PresenceAnswer> {
  for (const member of members) {
    if (isAway) await serving[member]?.close()
    else serving[member] = (await serve[member]?.(ports[member])) as Serving
  }
  return { at: now() }
}
