// The members that a command asks: chosen by name or label, each asked at the same time, none waited for beyond its
// timeout.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import type { KubeClient } from '@flotilla/kube-client/client'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { matchesLabels } from '@flotilla/machinery/selector'
import { secrets } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { Exit, exitCodes } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import { memberClient } from './member-access.ts'
import { readSelector } from './selector.ts'

export interface FleetOptions {
  readonly env: Env
  readonly hub: KubeApi
  /** `all`, names with commas between, or a label selector of Clusters. */
  readonly clusters: string
  /** Milliseconds that one member may take to answer a request. */
  readonly timeoutMs: number
}

export interface FleetMember {
  readonly cluster: Cluster
  readonly name: string
  /** Asks the member. Rejects when it cannot be reached, or its registration cannot be used. */
  ask<T>(question: (api: KubeClient) => Promise<T>): Promise<T>
}

export interface Fleet extends AsyncDisposable {
  /** By name. */
  readonly members: readonly FleetMember[]
}

export interface Answer<T> {
  readonly cluster: string
  readonly value: T
}

export interface Answers<T> {
  /** In the order of the members. */
  readonly answers: readonly Answer<T>[]
  readonly failures: readonly { readonly cluster: string; readonly error: unknown }[]
}

/** @throws NotFound for a name that no cluster has, and when there is none at all. */
export async function openFleet({ env, hub, clusters, timeoutMs }: FleetOptions): Promise<Fleet> {
  const [{ items }, credentials] = await Promise.all([hub.list<Cluster>(clusterResource), readCredentials(hub)])
  const chosen = chooseClusters(items, clusters)
  const opened = new AsyncDisposableStack()
  const limits = { connectMs: timeoutMs, headersMs: timeoutMs, bodyIdleMs: timeoutMs }
  const members = chosen.map((cluster) => {
    const { name } = cluster.metadata
    let client: KubeClient | undefined
    return {
      cluster,
      name,
      ask: async <T>(question: (api: KubeClient) => Promise<T>) => {
        client ??= opened.use(
          memberClient(cluster, credentials.get(cluster.spec.secretRef?.name ?? name), { env, limits }),
        )
        return question(client)
      },
    }
  })
  return { members, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function readCredentials(hub: KubeApi): Promise<ReadonlyMap<string, KubeObject>> {
  try {
    const { items } = await hub.list(secrets, { namespace: systemNamespace })
    return new Map(items.map((secret) => [secret.metadata.name, secret]))
  } catch (error) {
    if (!isError(error, 'Forbidden')) throw error
    const why = `reading members needs the right to list Secrets in ${systemNamespace} on the hub: ${error.message}`
    throw new FlotillaError('Forbidden', `Cannot reach the members: ${why}`, error.details, { cause: error })
  }
}

export function chooseClusters(clusters: readonly Cluster[], wanted: string): readonly Cluster[] {
  const sorted = clusters.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  if (sorted.length === 0) {
    throw new FlotillaError('NotFound', 'Cannot ask any member: no cluster is registered. Next: flotilla join --help')
  }
  if (wanted === 'all') return sorted
  const isSelector = /[=!()]/.test(wanted)
  return isSelector ? bySelector(sorted, wanted) : byName(sorted, wanted.split(','))
}

function bySelector(clusters: readonly Cluster[], text: string): readonly Cluster[] {
  const selector = readSelector(text)
  const found = clusters.filter(({ metadata }) => matchesLabels(selector, metadata.labels))
  if (found.length > 0) return found
  throw new FlotillaError(
    'NotFound',
    `Cannot ask any member: no cluster has the labels ${text}. Next: flotilla clusters -o wide`,
  )
}

function byName(clusters: readonly Cluster[], names: readonly string[]): readonly Cluster[] {
  const wanted = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))]
  if (wanted.length > 0) return wanted.map((name) => clusterNamed(clusters, name))
  const known = clusters.map(({ metadata }) => metadata.name).join(', ')
  throw new FlotillaError('Invalid', `Cannot ask any member: -C names none; registered: ${known}`)
}

/** @throws NotFound with the names that there are. */
export function clusterNamed(clusters: readonly Cluster[], name: string): Cluster {
  const found = clusters.find(({ metadata }) => metadata.name === name)
  if (found !== undefined) return found
  const known = clusters.length === 0 ? 'none' : clusters.map(({ metadata }) => metadata.name).join(', ')
  throw new FlotillaError('NotFound', `Cannot ask cluster ${name}: it is not registered; registered: ${known}`)
}

/** Asks all members at once; `question` failing on one says nothing of the others. */
export async function askAll<T>(
  fleet: Fleet,
  question: (api: KubeClient, member: FleetMember) => Promise<T>,
): Promise<Answers<T>> {
  const settled = await Promise.allSettled(fleet.members.map((member) => member.ask((api) => question(api, member))))
  const answers: Answer<T>[] = []
  const failures: { cluster: string; error: unknown }[] = []
  for (const [index, result] of settled.entries()) {
    const cluster = fleet.members[index]?.name ?? ''
    if (result.status === 'fulfilled') answers.push({ cluster, value: result.value })
    else failures.push({ cluster, error: result.reason })
  }
  return { answers, failures }
}

/** One line for each member that gave no answer, or a refusal. */
export function reportFailures(terminal: Terminal, failures: Answers<unknown>['failures']): void {
  for (const { cluster, error } of failures) {
    if (!isError(error)) throw error
    const what = isSilence(error) ? ' did not answer' : ''
    const next = error.details.hop === undefined ? '' : `. Next: flotilla doctor cluster ${cluster}`
    terminal.err(`Error: Cluster ${cluster}${what}: ${error.message}${next}\n`)
  }
}

/** Ends the command when members failed: what others said stands, and one that is silent may answer another time. */
export function exitOnFailures({ answers, failures }: Answers<unknown>): void {
  if (failures.length === 0) return
  const isPartial = answers.length > 0 || failures.some(({ error }) => isError(error) && isSilence(error))
  throw new Exit(isPartial ? exitCodes.partial : exitCodes.failed)
}

function isSilence({ code, details }: FlotillaError): boolean {
  return details.hop !== undefined || code === 'Unavailable' || code === 'Timeout'
}
