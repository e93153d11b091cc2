// The first five minutes: simulated members joined to the hub, a sample application placed on them, shown as it starts.
import { existsSync } from 'node:fs'
import { clusterResource } from '@flotilla/api/cluster'
import { joinCluster } from '@flotilla/control-plane/cluster/join/join'
import { createKubeClient } from '@flotilla/kube-client/client'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { isError } from '@flotilla/machinery/errors'
import { deployments } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import type { DataFolder } from '../hub/data-folder.ts'
import type { EmbeddedHub } from '../hub/embedded-hub.ts'
import { writePrivate } from '../hub/private-file.ts'
import type { Terminal } from '../terminal.ts'
import { watchUntilSettled } from './board.ts'
import type { DemoMember } from './demo-member.ts'
import { nextCommands } from './next-commands.ts'
import { sampleName, sampleNamespace, sampleObjects } from './sample.ts'

export interface DemoOptions {
  readonly env: Env
  readonly hub: EmbeddedHub
  readonly folder: DataFolder
  readonly members: readonly DemoMember[]
  readonly nodes: number
  readonly terminal: Terminal
}

const settledWithinMs = 60_000

/** Resolves when the sample runs, or could not be seen running in time. */
export async function runDemo({ env, hub, folder, members, nodes, terminal }: DemoOptions): Promise<void> {
  terminal.out(`Hub at ${hub.url}, ${count(members.length, 'simulated member')} with ${count(nodes, 'node')} each\n\n`)
  await Promise.all(members.map((member) => joinUnlessJoined(env, hub.api, member)))
  hub.addContexts(members.map(({ access }) => access))
  await applySampleOnce(hub.api, folder, members)
  // A hub that starts again finds the sample running before it has read all of its clusters.
  await hub.controlPlane.hub.synced()
  const isSettled =
    !(await hasSample(hub.api)) || (await watchUntilSettled(env, hub.controlPlane.hub, terminal, settledWithinMs))
  if (!terminal.stopped.aborted) {
    if (!isSettled) terminal.out(`\nNot everything runs after ${settledWithinMs / 1000} s: flotilla status says why\n`)
    terminal.out(nextCommands(hub.kubeconfig, members))
  }
}

function count(some: number, what: string): string {
  return `${some} ${what}${some === 1 ? '' : 's'}`
}

/** As `flotilla join` does, with the administrator's certificate of the member. */
async function joinUnlessJoined(env: Env, hub: KubeApi, { name, region, access }: DemoMember): Promise<void> {
  if (await isJoined(hub, name, access.server)) return
  const { server, ca, client } = access
  const credentials = { clientCertificate: { certificate: client.cert, key: client.key } }
  await using member = createKubeClient({ env, server: { url: server, ca }, credentials })
  await joinCluster({
    name,
    hub,
    member,
    endpoint: { server, ca },
    region,
    provider: 'simulated',
    labels: { env: 'demo' },
  })
}

async function isJoined(hub: KubeApi, name: string, server: string): Promise<boolean> {
  try {
    const cluster = await hub.get(clusterResource, { name })
    return (cluster as { readonly spec?: { readonly apiEndpoint?: string } }).spec?.apiEndpoint === server
  } catch (error) {
    if (isError(error, 'NotFound')) return false
    throw error
  }
}

/** What a person made of it later stays, be it nothing. */
async function applySampleOnce(hub: KubeApi, folder: DataFolder, members: readonly DemoMember[]): Promise<void> {
  const done = folder.file('sample-applied')
  if (existsSync(done)) return
  for (const [resource, object] of sampleObjects(members.map(({ name }) => name))) {
    await hub.apply(resource, object, { fieldManager: 'flotilla-demo', force: true })
  }
  writePrivate(done, '')
}

async function hasSample(hub: KubeApi): Promise<boolean> {
  const { items } = await hub.list(deployments, { namespace: sampleNamespace })
  return items.some(({ metadata }) => metadata.name === sampleName)
}
