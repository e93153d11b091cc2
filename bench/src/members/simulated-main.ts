// The process of simulated members served over HTTPS: `node simulated-main.ts COUNT NODES`. Tells its parent where
// they are.
import { createStaticTokenAuthenticator } from '@flotilla/kube-server/access/static-token-authenticator'
import { createCa, createServingCertificate } from '@flotilla/kube-server/http/certificates'
import { serveKube } from '@flotilla/kube-server/http/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { createSimulatedCluster } from '@flotilla/simulator/cluster'
import { env } from '../api-server.ts'
import { token, type Endpoints } from './protocol.ts'

const [count, nodes] = process.argv.slice(2).map(Number)
const ca = await createCa(env, 'simulated')
const tls = await createServingCertificate(env, ca, ['127.0.0.1'])
const authenticators = [
  createStaticTokenAuthenticator(new Map([[token, { name: 'bench', groups: ['system:masters'] }]])),
]
const ports: number[] = []
for (let index = 1; index <= (count ?? 1); index++) {
  const store = createMemoryStore({ env, freeze: false })
  const options = { env, store, name: `simulated-${index}`, nodes: nodes ?? 1, podStartMs: 400 }
  const { server } = await createSimulatedCluster(options)
  ports.push((await serveKube({ env, server, tls, authenticators })).port)
}
process.send?.({ ports, ca: ca.cert } satisfies Endpoints)
