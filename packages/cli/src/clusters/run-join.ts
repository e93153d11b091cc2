// Joins one cluster, saying each step, and waits until the hub finds it Ready.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import {
  identityOf,
  joinCluster,
  type JoinRequest,
  type MemberEndpoint,
} from '@flotilla/control-plane/cluster/join/join'
import { createKubeClient } from '@flotilla/kube-client/client'
import type { KubeAccess } from '@flotilla/kube-client/kube-access'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { findCondition } from '@flotilla/runtime/conditions'
import type { Env } from '@flotilla/runtime/env'
import { createCommandEnv } from '../command-env.ts'
import type { JoinFlags } from '../commands/join.ts'
import { Exit, exitCodes } from '../exit.ts'
import { connectHub } from '../reach/hub-access.ts'
import { accessBy } from '../reach/kubeconfig-files.ts'
import type { Terminal } from '../terminal.ts'
import { endOtherClaim } from './end-other-claim.ts'
import { explainJoinFailure } from './join-failures.ts'
import { planText } from './join-plan.ts'
import { parseLabels } from './labels.ts'

const readyWithinMs = 30_000
const memberLimits = { connectMs: 5_000, headersMs: 15_000 }

export async function runJoin(name: string, flags: JoinFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  const labels = parseLabels(flags.label ?? [])
  const access = await clusterAccess(env, flags)
  const endpoint = endpointOf(access, flags)
  await using hub = await connectHub(env, terminal, flags)
  await using member = createKubeClient({ env, ...access, server: serverOf(access, flags), limits: memberLimits })
  const request: JoinRequest = {
    name,
    hub: hub.api,
    member,
    endpoint,
    labels,
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.provider === undefined ? {} : { provider: flags.provider }),
    ...(flags.takeOver === true ? { takeOver: true } : {}),
  }
  try {
    await checkIsOther(hub.api, member, { name, flags, server: endpoint.server })
    // Everything is tried first: what is refused has then changed nothing, on either side.
    const planned = await joinCluster({ ...request, dryRun: true })
    await tryRegistration(hub.api, planned)
    if (flags.dryRun) {
      terminal.out(planText(planned, endpoint))
      return
    }
    const onStep = (text: string) => terminal.out(`${text}\n`)
    if (flags.takeOver) await endOtherClaim(hub.api, member, onStep)
    const joined = await joinCluster({ ...request, onStep })
    terminal.out(`cluster/${name} joined\n`)
    await reportReady(env, hub.api, joined, terminal)
  } catch (error) {
    throw explainJoinFailure(name, error)
  }
}

async function clusterAccess(env: Env, flags: JoinFlags): Promise<KubeAccess> {
  try {
    return await accessBy(env, [flags.clusterKubeconfig], flags.clusterContext)
  } catch (error) {
    if (!isError(error, 'NotFound') || !error.message.includes('context')) throw error
    throw new FlotillaError('NotFound', `${error.message}. Next: choose one with --cluster-context`)
  }
}

function serverOf({ server }: KubeAccess, flags: JoinFlags): KubeAccess['server'] {
  const { ca, insecureSkipTlsVerify, ...rest } = server
  if (flags.insecureSkipTlsVerify) return { ...rest, insecureSkipTlsVerify: true }
  if (insecureSkipTlsVerify) {
    throw new FlotillaError(
      'Invalid',
      `Cannot join ${server.url}: its kubeconfig says insecure-skip-tls-verify. Next: put the cluster's CA into it, or add --insecure-skip-tls-verify to say so for this join`,
    )
  }
  return ca === undefined ? rest : { ...rest, ca }
}

function endpointOf(access: KubeAccess, flags: JoinFlags): MemberEndpoint {
  const { url, ca, tlsServerName, proxyUrl, insecureSkipTlsVerify } = serverOf(access, flags)
  return {
    server: url,
    ...(ca === undefined ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(insecureSkipTlsVerify ? { insecureSkipTlsVerify } : {}),
  }
}

/** @throws Invalid for the hub itself: it would deliver to itself what it is to deliver. */
async function checkIsOther(
  hub: KubeApi,
  member: KubeApi,
  { name, flags, server }: { readonly name: string; readonly flags: JoinFlags; readonly server: string },
): Promise<void> {
  const [own, other] = await Promise.all([identityOf(hub), identityOf(member)])
  if (own !== other) return
  const next =
    flags.clusterContext === undefined
      ? 'choose the context of the cluster with --cluster-context'
      : 'choose another one'
  throw new FlotillaError('Invalid', `Cannot join ${name}: ${server} is the hub itself. Next: ${next}`)
}

/** The hub's admission says whether it takes the Cluster: its name, its endpoint. */
async function tryRegistration(hub: KubeApi, planned: Cluster): Promise<void> {
  await hub.apply(clusterResource, planned, { fieldManager: 'flotilla-join', force: true, dryRun: true })
}

async function reportReady(env: Env, hub: KubeApi, joined: Cluster, terminal: Terminal): Promise<void> {
  terminal.out('Waiting until the hub finds it ready\n')
  const cluster = await waitUntilReady(env, hub, joined, terminal.stopped)
  for (const { type, status, reason, message } of cluster.status?.conditions ?? []) {
    terminal.out(`  ${`${type}=${status}`.padEnd(28)} ${reason}${message ? `: ${message}` : ''}\n`)
  }
  const { name } = joined.metadata
  const ready = findCondition(cluster.status?.conditions, 'Ready')
  if (ready?.status === 'True') {
    const { kubernetesVersion = 'of unknown version', nodes } = cluster.status ?? {}
    terminal.out(
      `cluster/${name} ready: Kubernetes ${kubernetesVersion}${nodes ? `, ${nodes.ready} of ${nodes.total} nodes ready` : ''}\n`,
    )
    return
  }
  const why = ready ? ready.message : 'no controller has looked at it yet'
  terminal.err(`Error: Cluster ${name} is registered but not ready: ${why}. Next: flotilla doctor cluster ${name}\n`)
  throw new Exit(exitCodes.failed)
}

/** The cluster when it is Ready, or as it is when the time is over or the person stops the waiting. */
async function waitUntilReady(env: Env, hub: KubeApi, joined: Cluster, signal: AbortSignal): Promise<Cluster> {
  const deadline = env.clock.monotonic() + readyWithinMs
  const since = joined.status?.lastSeenTime
  for (;;) {
    const cluster = await hub.get<Cluster>(clusterResource, { name: joined.metadata.name })
    const { status } = cluster
    const isReady = findCondition(status?.conditions, 'Ready')?.status === 'True'
    const isFresh = status?.lastSeenTime !== since || since !== undefined
    if (isReady && isFresh && status?.nodes !== undefined) return cluster
    if (signal.aborted || env.clock.monotonic() > deadline) return cluster
    await env.timers.sleep(100, signal)
  }
}
