// Looks at the way to the hub, or to one cluster, hop by hop.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import { readSeenClaim } from '@flotilla/control-plane/cluster/health/hub-lease'
import { isNewerState } from '@flotilla/control-plane/takeover/newer-state'
import { readPast } from '@flotilla/control-plane/takeover/take-over'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { listBindings, listClusterBindings } from '@flotilla/control-plane/what-if/template-bindings'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { ServerAddress } from '@flotilla/kube-client/credentials'
import { FlotillaError, fromStatus } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { secrets } from '@flotilla/machinery/well-known-resources'
import { findCondition } from '@flotilla/runtime/conditions'
import { createCommandEnv } from '../command-env.ts'
import type { DoctorFlags } from '../commands/health.ts'
import { Exit, exitCodes } from '../exit.ts'
import { clusterNamed } from '../reach/fleet.ts'
import { connectHub, type HubConnection } from '../reach/hub-access.ts'
import { memberAccess } from '../reach/member-access.ts'
import { whoWeAre } from '../reach/who-we-are.ts'
import type { Terminal } from '../terminal.ts'
import { textAt } from '../text-at.ts'
import { runChecks, within, type Check } from './checks.ts'
import { countOrphans, orphansPhrase, orphansText } from './orphans.ts'
import { endpointChecks, nextIfSilent, wrong } from './endpoint-checks.ts'
import { crds } from '@flotilla/api/crds'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'

export async function runDoctor(args: readonly string[], flags: DoctorFlags, terminal: Terminal): Promise<void> {
  const name = clusterNameIn(args)
  await using hub = await connectHub(createCommandEnv(), terminal, flags)
  const isFine =
    name === undefined ? await checkHub(hub, flags, terminal) : await checkCluster(hub, name, flags, terminal)
  if (!isFine) throw new Exit(exitCodes.failed)
}

function clusterNameIn([kind, name]: readonly string[]): string | undefined {
  if (kind === undefined) return undefined
  if (kind === 'cluster' && name !== undefined) return name
  throw new FlotillaError(
    'Invalid',
    `Cannot look at ${kind}: flotilla doctor looks at the hub, flotilla doctor cluster NAME at a cluster`,
  )
}

function checkHub(hub: HubConnection, { timeout }: DoctorFlags, terminal: Terminal): Promise<boolean> {
  terminal.out(`Hub at ${hub.api.server}, context ${hub.access.contextName}\n\n`)
  return runChecks(
    [
      ...endpointChecks(hub.access.server, timeout, {
        next: 'use the kubeconfig that flotilla start wrote: it has the right CA',
        ...(hub.advice.start === undefined ? {} : { nextIfClosed: hub.advice.start }),
      }),
      ...apiChecks(hub.api, timeout, 'use a kubeconfig whose user may use the hub'),
      {
        name: 'kinds',
        next: 'choose the context of the hub with --context, or flotilla install',
        run: async () => {
          const { items } = await hub.api.list(customResourceDefinitions)
          const there = new Set(items.map(({ metadata }) => metadata.name))
          const missing = crds.filter(({ metadata }) => !there.has(metadata.name)).map(({ metadata }) => metadata.name)
          if (missing.length > 0) throw wrong(`not installed: ${missing.join(', ')}`)
          return `all ${crds.length} are installed`
        },
      },
      {
        name: 'clusters',
        next: 'flotilla clusters',
        run: async () => {
          const { items } = await hub.api.list<Cluster>(clusterResource)
          const bad = items.filter(({ status }) => findCondition(status?.conditions, 'Ready')?.status !== 'True')
          if (bad.length > 0) throw wrong(`not ready: ${bad.map(({ metadata }) => metadata.name).join(', ')}`)
          const orphans = countOrphans(items)
          if (items.length === 0) return 'none is registered yet'
          if (orphans.length === 0) return `${items.length} registered, all ready`
          const see = `see flotilla doctor cluster ${orphans[0]?.cluster}`
          return `${items.length} registered, all ready; orphaned: ${orphansPhrase(orphans)}, ${see}`
        },
      },
      {
        name: 'removals',
        next: 'flotilla approve lists them, and lets them go',
        run: async () => {
          const bindings = [...(await listBindings(hub.api)), ...(await listClusterBindings(hub.api))]
          const held = bindings.filter(({ spec }) => spec.removalHold !== undefined).length
          if (held > 0) throw wrong(`held of ${held} of ${bindings.length} bindings: too many were to go at once`)
          return 'none is held'
        },
      },
    ],
    terminal,
  )
}

function apiChecks(api: KubeClient, timeoutMs: number, next: string): readonly Check[] {
  const get = (path: string) => within(timeoutMs, `Cannot get ${path}`, (signal) => api.raw({ path, signal }))
  const nexts = { next, nextIfSilent: nextIfSilent(api.server) }
  return [
    {
      name: 'authenticate',
      ...nexts,
      run: async () => {
        return `as ${await within(timeoutMs, 'Cannot ask who we are', (signal) => whoWeAre(api, signal))}`
      },
    },
    {
      name: 'authorize',
      ...nexts,
      run: async () => {
        const answer = await get('/api/v1/namespaces/kube-system')
        if (answer.code >= 300) throw fromStatus(answer.code, answer.body, 'Cannot read namespace kube-system')
        return 'may read what identifies it'
      },
    },
    {
      name: 'version',
      ...nexts,
      run: async () => {
        const answer = await get('/version')
        if (answer.code >= 300) throw fromStatus(answer.code, answer.body, 'Cannot read the version')
        return textAt(answer.body, ['gitVersion'], 'unknown')
      },
    },
  ]
}

async function checkCluster(
  hub: HubConnection,
  name: string,
  { timeout }: DoctorFlags,
  terminal: Terminal,
): Promise<boolean> {
  const cluster = clusterNamed((await hub.api.list<Cluster>(clusterResource)).items, name)
  const renew = `flotilla join ${name} --cluster-kubeconfig FILE`
  terminal.out(`Cluster ${name} at ${cluster.spec.apiEndpoint ?? '(no endpoint)'}, from this machine\n\n`)
  const access = await registration(hub.api, cluster)
  if (access instanceof FlotillaError) {
    return runChecks([{ name: 'registration', next: renew, run: () => Promise.reject(access) }], terminal)
  }
  const limits = { connectMs: timeout, headersMs: timeout }
  await using api = createKubeClient({ env: createCommandEnv(), ...access, limits })
  const isFine = await runChecks(
    [
      { name: 'registration', next: renew, run: async () => registrationText(access.server, cluster) },
      ...endpointChecks(access.server, timeout, { next: renew }),
      ...apiChecks(api, timeout, renew),
      ...claimChecks(hub.api, api, cluster),
    ],
    terminal,
  )
  return isFine && reportConditions(cluster, terminal)
}

async function registration(hub: KubeApi, cluster: Cluster) {
  try {
    const key = { namespace: systemNamespace, name: cluster.spec.secretRef?.name ?? cluster.metadata.name }
    return memberAccess(cluster, await hub.get(secrets, key), true)
  } catch (error) {
    if (error instanceof FlotillaError) return error
    throw error
  }
}

function registrationText({ insecureSkipTlsVerify }: ServerAddress, { spec }: Cluster): string {
  const notes = [
    spec.suspend ? 'suspended: nothing is written to it' : '',
    insecureSkipTlsVerify ? 'TLS is not verified' : '',
  ]
  return ['credentials are there', ...notes.filter((note) => note !== '')].join('; ')
}

function claimChecks(hub: KubeApi, api: KubeApi, { metadata, spec }: Cluster): readonly Check[] {
  return [
    {
      name: 'identity',
      next: `flotilla unjoin ${metadata.name} --force, then join the cluster that answers there`,
      run: async () => {
        const id = await identityOf(api)
        if (id !== spec.id) throw wrong(`another cluster answers: ${id}, registered is ${spec.id}`)
        return id
      },
    },
    {
      name: 'lease',
      next: `flotilla unjoin on that hub, or flotilla join ${metadata.name} --take-over if that hub is gone`,
      run: async () => {
        const [seen, own] = await Promise.all([readSeenClaim(api), identityOf(hub)])
        if (seen === undefined) return 'nobody has claimed it yet'
        const { hubId, generation } = seen.claim
        if (hubId !== own) throw wrong(`hub ${hubId} manages it, not this one (${own})`)
        return `held by this hub, generation ${generation}`
      },
    },
    {
      name: 'state',
      next: 'flotilla takeover --dry-run',
      run: async () => {
        const [seen, past] = await Promise.all([readSeenClaim(api), readPast(hub)])
        if (seen !== undefined && isNewerState(seen, past)) {
          throw wrong('a newer state of this hub wrote there: this one was restored from an older, or is a copy')
        }
        return 'it knows no newer state of this hub'
      },
    },
  ]
}

/** What the hub itself says, since it may sit elsewhere in the network. */
function reportConditions(cluster: Cluster, terminal: Terminal): boolean {
  const { metadata, status } = cluster
  const ready = findCondition(status?.conditions, 'Ready')
  if (ready?.status === 'True') {
    terminal.out(`\nThe hub finds it ready too.\n`)
    const orphans = orphansText(cluster, createCommandEnv().clock.now())
    if (orphans !== '') terminal.out(`\n${orphans}`)
    return true
  }
  const why = ready === undefined ? 'has not looked at it: is a flotilla running?' : `does not: ${ready.message}`
  terminal.out(
    `\nFrom this machine all is well, but the hub ${why}\nNext: run flotilla doctor cluster ${metadata.name} on the machine of the hub\n`,
  )
  return false
}
