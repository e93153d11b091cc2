// The process of plain members: `node plain-main.ts COUNT`. Tells its parent where they are, and carries out its orders.
import { createStaticTokenAuthenticator } from '@flotilla/kube-server/access/static-token-authenticator'
import { createCa, createServingCertificate } from '@flotilla/kube-server/http/certificates'
import { env } from '../api-server.ts'
import { now } from '../clock.ts'
import { churn } from './churn.ts'
import { startPlainMember, type PlainMember } from './plain-member.ts'
import { token, type Answers, type Endpoints, type Numbered, type Order } from './protocol.ts'

const count = Number(process.argv[2])
const ca = await createCa(env, 'plain')
const tls = await createServingCertificate(env, ca, ['127.0.0.1'])
const authenticators = [
  createStaticTokenAuthenticator(new Map([[token, { name: 'bench', groups: ['system:masters'] }]])),
]
const members: PlainMember[] = []
for (let index = 0; index < count; index++) members.push(await startPlainMember({ tls, authenticators }))
process.on('message', ({ id, body }: Numbered<Order>) => {
  void carryOut(body).then((answer) => process.send?.({ id, body: answer } satisfies Numbered<unknown>))
})
const [ports, ids] = [members.map(({ port }) => port), members.map(({ id }) => id)]
process.send?.({ ports, ids, ca: ca.cert } satisfies Endpoints)

async function carryOut(order: Order): Promise<Answers[keyof Answers]> {
  switch (order.kind) {
    case 'count':
      return {
        writes: members.reduce((sum, member) => sum + member.writes(), 0),
        deployments: members.reduce((sum, member) => sum + member.deployments().length, 0),
      }
    case 'churn':
      return churn(members, order)
    case 'set':
      members[order.member]?.setReady(order.name, order.ready)
      return { at: now() }
    case 'ready':
      return readyEverywhere()
  }
}

function readyEverywhere(): Answers['ready'] {
  const ready: Record<string, Record<string, number>> = {}
  for (const [number, member] of members.entries()) {
    for (const name of member.deployments()) (ready[name] ??= {})[number] = member.readyOf(name)
  }
  return ready
}
