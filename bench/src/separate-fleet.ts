// Members in a process of their own, registered on a hub and reachable by hand.
import { join } from 'node:path'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces, secrets } from '@flotilla/machinery/well-known-resources'
import { ensureNamespace, env } from './api-server.ts'
import { clusterResource } from './manifests.ts'
import { token, type Accepted, type Endpoints } from './members/protocol.ts'
import { nextMessage, startNode, type Started } from './processes.ts'

export interface SeparateFleet extends AsyncDisposable {
  readonly clients: readonly KubeClient[]
  /** Registers all of them on the hub. */
  register(hub: KubeApi): Promise<void>
}

export interface FakeFleet extends SeparateFleet {
  /** Resolves with the time at which the last of them had accepted the Deployment. */
  accepted(name: string): Promise<number>
}

const system = 'flotilla-system'

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

export function startSimulatedFleet(count: number, nodes: number): Promise<SeparateFleet> {
  return fleetOf(startMembers('simulated-main.ts', count, nodes))
}

function startMembers(script: string, ...args: readonly number[]): Started {
  return startNode([join(import.meta.dirname, 'members', script), ...args.map(String)])
}

async function fleetOf(started: Started): Promise<SeparateFleet> {
  const { ports, ca } = await nextMessage<Endpoints>(started)
  const servers = ports.map((port) => `https://127.0.0.1:${port}`)
  const clients = servers.map((url) =>
    createKubeClient({ env, server: { url, ca }, credentials: { token }, userAgent: 'flotilla-bench' }),
  )
  return {
    clients,
    async register(hub) {
      await ensureNamespace(hub, system)
      for (const [index, client] of clients.entries()) {
        await ensureNamespace(client, system)
        const name = `member-${index + 1}`
        const { metadata } = await client.get(namespaces, { name: 'kube-system' })
        await hub.create(secrets, secret(name, ca))
        await hub.create(clusterResource, cluster(name, metadata.uid, servers[index]))
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await started[Symbol.asyncDispose]()
    },
  }
}

function secret(name: string, ca: string) {
  const metadata = { name, namespace: system }
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { token, 'ca.crt': ca } }
}

function cluster(name: string, id: string | undefined, apiEndpoint: string | undefined) {
  const apiVersion = `${clusterResource.group}/${clusterResource.version}`
  return {
    apiVersion,
    kind: clusterResource.kind,
    metadata: { name },
    spec: { id, mode: 'Direct', apiEndpoint, secretRef: { name } },
  }
}
