// The process of plain members: `node plain-main.ts COUNT`. Tells its parent where they are, and carries out its orders.
import { createStaticTokenAuthenticator } from '@flotilla/kube-server/access/static-token-authenticator'
import { createCa, createServingCertificate } from '@flotilla/kube-server/http/certificates'
import { env } from '../api-server.ts'
import { startPlainMember, type PlainMember } from './plain-member.ts'
import { token, type Answer, type Endpoints, type Order } from './protocol.ts'

const count = Number(process.argv[2])
const ca = await createCa(env, 'plain')
const tls = await createServingCertificate(env, ca, ['127.0.0.1'])
const authenticators = [
  createStaticTokenAuthenticator(new Map([[token, { name: 'bench', groups: ['system:masters'] }]])),
]
const members: PlainMember[] = []
for (let index = 0; index < count; index++) members.push(await startPlainMember({ tls, authenticators }))
process.on('message', (order: Order) => process.send?.(answerTo(order)))
const [ports, ids] = [members.map(({ port }) => port), members.map(({ id }) => id)]
process.send?.({ ports, ids, ca: ca.cert } satisfies Endpoints)

function answerTo(order: Order): Answer {
  switch (order) {
    case 'count':
      return {
        writes: members.reduce((sum, member) => sum + member.writes(), 0),
        deployments: members.reduce((sum, member) => sum + member.keys().length, 0),
      }
  }
}
