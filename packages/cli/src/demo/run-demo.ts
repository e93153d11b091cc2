// The first five minutes: simulated members joined to the hub, a sample application placed on them, shown as it starts.
import { clusterResource } from '@flotilla/api/cluster'
import { joinCluster } from '@flotilla/control-plane/cluster/join/join'
import { createKubeClient } from '@flotilla/kube-client/client'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { isError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { DataFolder } from '../hub/data-folder.ts'
import type { EmbeddedHub } from '../hub/embedded-hub.ts'
import type { Terminal } from '../terminal.ts'
import { watchUntilSettled } from './board.ts'
import { startDemoMember, type DemoMember } from './demo-member.ts'
import { nextCommands } from './next-commands.ts'
import { placesFor, type Place } from './places.ts'
import { sampleObjects } from './sample.ts'

export interface DemoOptions {
  readonly env: Env
  readonly hub: EmbeddedHub
  readonly folder: DataFolder
  readonly members: number
  readonly nodes: number
  /** The members' objects survive a restart. */
  readonly isKept: boolean
  readonly terminal: Terminal
}

const settledWithinMs = 60_000

export interface Demo extends AsyncDisposable {
  readonly members: readonly DemoMember[]
}

/** Resolves when the sample runs, or could not be seen running in time. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const { env, hub, folder, terminal } = options
  await using opened = new AsyncDisposableStack()
  terminal.out(`Hub at ${hub.url}, ${options.members} simulated members with ${options.nodes} nodes each\n\n`)
  const members = await Promise.all(placesFor(options.members).map((place) => startMember(options, place)))
  for (const member of members) opened.use(member)
  hub.addContexts(members.map(({ access }) => access))
  if (folder.isNew)
    await applySample(
      hub.api,
      members.map(({ name }) => name),
    )
  const isSettled = await watchUntilSettled(env, hub.controlPlane.hub, terminal, settledWithinMs)
  if (!terminal.stopped.aborted) {
    if (!isSettled) terminal.out(`\nNot everything runs after ${settledWithinMs / 1000} s: flotilla status says why\n`)
    terminal.out(nextCommands(hub.kubeconfig, members))
  }
  const closing = opened.move()
  return { members, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

async function startMember({ env, hub, folder, nodes, isKept }: DemoOptions, place: Place): Promise<DemoMember> {
  const member = await startDemoMember({ env, place, nodes, folder: folder.file(`members/${place.name}`), isKept })
  await joinUnlessJoined(env, hub.api, member)
  return member
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

async function applySample(hub: KubeApi, clusters: readonly string[]): Promise<void> {
  for (const [resource, object] of sampleObjects(clusters)) {
    await hub.apply(resource, object, { fieldManager: 'flotilla-demo', force: true })
  }
}
