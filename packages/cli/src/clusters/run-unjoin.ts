// Takes one cluster off the hub and waits until it is off.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { clusterFinalizer, systemNamespace } from '@flotilla/api/group'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { secrets } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { createCommandEnv } from '../command-env.ts'
import type { UnjoinFlags } from '../commands/unjoin.ts'
import { openFleet, type FleetMember } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { deletePlaced } from './delete-placed.ts'
import { waitUntilGone } from './wait-until-gone.ts'

export async function runUnjoin(name: string, flags: UnjoinFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const cluster = await readCluster(hub.api, name)
  checkConfirmed(cluster, flags)
  if (flags.dryRun) {
    terminal.out(`${planText(cluster, flags)}cluster/${name} unjoined (dry run)\n`)
    return
  }
  if (flags.deleteWorkloads) await deleteWorkloads(env, hub.api, cluster, terminal)
  else await hub.api.delete(clusterResource, { name }, preconditions(cluster))
  if (flags.force) await forget(hub.api, cluster)
  await waitUntilGone({ env, hub: hub.api, cluster, terminal, timeoutMs: flags.timeout })
  terminal.out(`cluster/${name} unjoined\n`)
}

async function readCluster(hub: KubeApi, name: string): Promise<Cluster> {
  try {
    return await hub.get<Cluster>(clusterResource, { name })
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
    throw new FlotillaError('NotFound', `Cannot unjoin ${name}: no such cluster is registered. Next: flotilla clusters`)
  }
}

function checkConfirmed({ metadata, spec }: Cluster, { deleteWorkloads: deletes, confirm, force }: UnjoinFlags): void {
  const { name } = metadata
  if (deletes && force) {
    const why = '--delete-workloads needs the cluster to answer, and --force is for one that does not'
    throw new FlotillaError('Invalid', `Cannot unjoin ${name}: ${why}. Next: choose one of them`)
  }
  const why = deletes ? 'its workloads are to be deleted' : spec.protected ? 'it is protected' : undefined
  if (confirm === name || (why === undefined && confirm === undefined)) return
  if (why === undefined) {
    throw new FlotillaError('Invalid', `Cannot unjoin ${name}: --confirm says ${confirm}. Next: --confirm ${name}`)
  }
  throw new FlotillaError('Invalid', `Cannot unjoin ${name}: ${why}. Next: repeat its name with --confirm ${name}`)
}

function planText({ metadata, spec }: Cluster, flags: UnjoinFlags): string {
  const { name } = metadata
  const at = `${name} (${spec.apiEndpoint ?? spec.id})`
  if (flags.force) return `Would take ${at} off the hub and leave everything there as it is\n`
  const copies = flags.deleteWorkloads ? 'delete what the hub placed' : 'remove our labels from what the hub placed'
  return `Would on ${at}: ${copies}, end our lease, delete our ServiceAccount and role; then take it off the hub\n`
}

/** Suspended, nothing is delivered there any more and nothing is let go of: what carries our label is ours to delete. */
async function deleteWorkloads(env: Env, hub: KubeApi, cluster: Cluster, terminal: Terminal): Promise<void> {
  const key = { name: cluster.metadata.name }
  await using fleet = await openFleet({ env, hub, clusters: key.name, timeoutMs: 10_000 })
  const [member] = fleet.members
  if (member === undefined) return
  await checkIdentity(member)
  await suspend(hub, cluster, true)
  await hub.delete(clusterResource, key, preconditions(cluster))
  const hubId = await identityOf(hub)
  const count = await member.ask((api) => deletePlaced(api, hubId, (text) => terminal.out(`${text} deleted\n`)))
  terminal.out(`${count} objects deleted on ${key.name}\n`)
  await suspend(hub, cluster, false)
}

/** Before anything is changed: it answers, and it is the cluster that was registered. */
async function checkIdentity({ name, cluster, ask }: FleetMember): Promise<void> {
  const what = `Cannot delete workloads on ${name}`
  const id = await ask(identityOf).catch((error: unknown) => {
    if (!isError(error)) throw error
    const message = `${what}: ${error.message}. Next: flotilla doctor cluster ${name}`
    throw new FlotillaError(error.code, message, error.details, { cause: error })
  })
  if (id === cluster.spec.id) return
  const why = `another cluster answers there: ${id}, registered is ${cluster.spec.id}`
  throw new FlotillaError('Conflict', `${what}: ${why}. Next: flotilla unjoin ${name} --force`)
}

async function suspend(hub: KubeApi, { metadata }: Cluster, isSuspended: boolean): Promise<void> {
  const patch = { spec: { suspend: isSuspended } }
  await hub.patch(clusterResource, { name: metadata.name }, { type: 'merge', patch }, { fieldManager: 'flotilla-cli' })
}

/** Without asking the member: our claim on it is dropped, and nothing happens to it if it comes back. */
async function forget(hub: KubeApi, cluster: Cluster): Promise<void> {
  const key = { name: cluster.metadata.name }
  try {
    const { metadata } = await hub.get<Cluster>(clusterResource, key)
    const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== clusterFinalizer)
    const patch = { metadata: { uid: metadata.uid, finalizers } }
    await hub.patch(clusterResource, key, { type: 'merge', patch }, { fieldManager: 'flotilla-cli' })
    await hub.delete(secrets, { namespace: systemNamespace, name: cluster.spec.secretRef?.name ?? key.name })
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
  }
}

function preconditions({ metadata }: Cluster) {
  return metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } }
}
