// Members in a process of their own, registered on a hub and reachable by hand.
import { join } from 'node:path'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces, secrets } from '@flotilla/machinery/well-known-resources'
import { ensureNamespace, env } from './api-server.ts'
import { pool } from './clock.ts'
import { clusterResource } from './manifests.ts'
import {
  token,
  type Accepted,
  type Answers,
  type Endpoints,
  type Numbered,
  type Order,
  type Presence,
  type PresenceAnswer,
} from './members/protocol.ts'
import { nextMessage, startNode, type Started } from './processes.ts'

export interface SeparateFleet extends AsyncDisposable {
  readonly clients: readonly KubeClient[]
  /** Registers all of them on the hub; `labelsOf`: of the Cluster of that index. */
  register(hub: KubeApi, labelsOf?: (index: number) => Readonly<Record<string, string>>): Promise<void>
}

export interface FakeFleet extends SeparateFleet {
  /** Resolves with the time at which the last of them had accepted the Deployment. */
  accepted(name: string): Promise<number>
}

export interface SimulatedFleet extends SeparateFleet {
  setPresence(presence: Presence): Promise<PresenceAnswer>
}

export interface PlainFleet extends SeparateFleet {
  ask<Kind extends Order['kind']>(order: Extract<Order, { readonly kind: Kind }>): Promise<Answers[Kind]>
}

const system = 'flotilla-system'
const registrationsAtOnce = 32

export async function startFakeFleet(count: number): Promise<FakeFleet> {
  const started = startMembers('fake-main.ts', count)
  const fleet = await fleetOf(started)
  const waiting = new Map<string, PromiseWithResolvers<number>>()
  const waitingFor = (name: string) => {
    const found = waiting.get(name) ?? Promise.withResolvers<number>()
    waiting.set(name, found)
    return found
  }
  started.child.on('message', (message: Accepted) => waitingFor(message.name).resolve(message.at))
  return { ...fleet, accepted: (name) => waitingFor(name).promise }
}

export async function startSimulatedFleet(count: number, nodes: number): Promise<SimulatedFleet> {
  const started = startMembers('simulated-main.ts', count, nodes)
  const fleet = await fleetOf(started)
  const ask = askThrough(started)
  return { ...fleet, setPresence: (presence) => ask(presence) as Promise<PresenceAnswer> }
}

/** Orders to the process, each with the answer that it gets. */
function askThrough(started: Started): (order: object) => Promise<unknown> {
  const waiting = new Map<number, (answer: unknown) => void>()
  let orders = 0
  started.child.on('message', ({ id, body }: Numbered<unknown>) => {
    waiting.get(id)?.(body)
    waiting.delete(id)
  })
  return (order) => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const id = orders++
    waiting.set(id, resolve)
    started.child.send({ id, body: order } satisfies Numbered<object>)
    return promise
  }
}

/** Without nodes and controllers. */
export async function startPlainFleet(count: number): Promise<PlainFleet> {
  const started = startMembers('plain-main.ts', count)
  const fleet = await fleetOf(started)
  const ask = askThrough(started)
  return { ...fleet, ask: (order) => ask(order) as Promise<Answers[typeof order.kind]> }
}

function startMembers(script: string, ...args: readonly number[]): Started {
  return startNode([join(import.meta.dirname, 'members', script), ...args.map(String)])
}

async function fleetOf(started: Started): Promise<SeparateFleet> {
  const { ports, ids, ca } = await nextMessage<Endpoints>(started)
  const servers = ports.map((port) => `https://127.0.0.1:${port}`)
  const clients = servers.map((url) =>
    createKubeClient({ env, server: { url, ca }, credentials: { token }, userAgent: 'flotilla-bench' }),
  )
  return {
    clients,
    async register(hub, labelsOf = () => ({})) {
      await ensureNamespace(hub, system)
      await pool([...clients.entries()], registrationsAtOnce, async ([index, client]) => {
        const name = `member-${index + 1}`
        const id = ids?.[index] ?? (await prepare(client))
        await hub.create(secrets, secret(name, ca))
        await hub.create(clusterResource, cluster(name, labelsOf(index), id, servers[index]))
      })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await started[Symbol.asyncDispose]()
    },
  }
}

/** Gives the identity of a member on which nothing is yet. */
async function prepare(client: KubeClient): Promise<string | undefined> {
  await ensureNamespace(client, system)
  return (await client.get(namespaces, { name: 'kube-system' })).metadata.uid
}

function secret(name: string, ca: string) {
  const metadata = { name, namespace: system }
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { token, 'ca.crt': ca } }
}

function cluster(
  name: string,
  labels: Readonly<Record<string, string>>,
  id: string | undefined,
  apiEndpoint: string | undefined,
) {
  const apiVersion = `${clusterResource.group}/${clusterResource.version}`
  return {
    apiVersion,
    kind: clusterResource.kind,
    metadata: { name, labels },
    spec: { id, mode: 'Direct', apiEndpoint, secretRef: { name } },
  }
}
