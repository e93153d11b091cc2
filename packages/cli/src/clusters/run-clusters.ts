// Prints the registered clusters.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import {
  clusterResourceBindingResource,
  resourceBindingResource,
  type ResourceBinding,
} from '@flotilla/api/resource-binding'
import { cordonTaint, orderAnnotation, quarantineTaint } from '@flotilla/api/failover'
import { drainTaint } from '@flotilla/scheduler/plan/patches'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { FlotillaError } from '@flotilla/machinery/errors'
import { findCondition } from '@flotilla/runtime/conditions'
import { createCommandEnv } from '../command-env.ts'
import type { ClustersFlags } from '../commands/clusters.ts'
import { ageOf } from '../output/age.ts'
import { painter, type Paint } from '../output/colour.ts'
import { formatObjects, listOf, parseFormat } from '../output/print-objects.ts'
import { formatTable, type Row } from '../output/table.ts'
import { connectHub } from '../reach/hub-access.ts'
import { readSelector } from '../reach/selector.ts'
import type { Terminal } from '../terminal.ts'

export async function runClusters(names: readonly string[], flags: ClustersFlags, terminal: Terminal): Promise<void> {
  const format = parseFormat(flags.output)
  checkChoice(names, flags)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const selector = flags.selector === undefined ? {} : { labelSelector: flags.selector }
  const { items } = await hub.api.list<Cluster>(clusterResource, selector)
  const clusters = byName(items, names)
  if (format.kind !== 'table') {
    terminal.out(await formatObjects(names.length === 1 && clusters[0] ? clusters[0] : listOf(clusters), format))
    return
  }
  if (clusters.length === 0) {
    const { selector: wanted } = flags
    terminal.err(
      wanted === undefined
        ? 'No clusters are registered. Next: flotilla join --help\n'
        : `No cluster has the labels ${wanted}. Next: flotilla clusters\n`,
    )
    return
  }
  const workloads = await countWorkloads(hub.api)
  terminal.out(
    clustersTable(clusters, workloads, { now: env.clock.now(), isWide: format.isWide, paint: painter(terminal) }),
  )
}

function checkChoice(names: readonly string[], { selector }: ClustersFlags): void {
  if (selector === undefined) return
  readSelector(selector)
  if (names.length === 0) return
  const why = '-l chooses clusters and so does a name'
  throw new FlotillaError('Invalid', `Cannot list ${names.join(' ')} with -l ${selector}: ${why}. Next: leave one out`)
}

function byName(clusters: readonly Cluster[], names: readonly string[]): readonly Cluster[] {
  if (names.length === 0) return clusters
  return names.map((name) => {
    const found = clusters.find(({ metadata }) => metadata.name === name)
    if (found !== undefined) return found
    throw new FlotillaError('NotFound', `Cannot find cluster ${name}: it is not registered. Next: flotilla clusters`)
  })
}

/** How many templates with replicas each cluster holds, by name. */
export async function countWorkloads(hub: KubeApi): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const resource of [resourceBindingResource, clusterResourceBindingResource]) {
    for (const { spec } of (await hub.list<ResourceBinding>(resource)).items) {
      for (const { name } of spec.decision?.clusters ?? []) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  return counts
}

export interface ClustersTableOptions {
  readonly now: number
  readonly isWide: boolean
  readonly paint: Paint
}

const headings: Row = ['NAME', 'READY', 'VERSION', 'REGION', 'NODES', 'LATENCY', 'PLACED', 'AGE']
const wideHeadings: Row = ['PROVIDER', 'ENDPOINT', 'LAST SEEN', 'REASON', 'ORPHANED']

/** LATENCY and LAST SEEN are those of the hub's last look at the cluster; one that is not ready has no latency. */
export function clustersTable(
  clusters: readonly Cluster[],
  workloads: ReadonlyMap<string, number>,
  { now, isWide, paint }: ClustersTableOptions,
): string {
  const rows = clusters.map((cluster) => {
    const { metadata, spec, status } = cluster
    const ready = findCondition(status?.conditions, 'Ready')
    const isReady = ready?.status === 'True'
    const row = [
      metadata.name,
      readyText(cluster, paint),
      status?.kubernetesVersion ?? '<unknown>',
      spec.region ?? '<none>',
      status?.nodes === undefined ? '<unknown>' : `${isReady ? status.nodes.ready : 0}/${status.nodes.total}`,
      isReady ? (status?.latencyMilliseconds === undefined ? '<unknown>' : `${status.latencyMilliseconds}ms`) : '-',
      String(workloads.get(metadata.name) ?? 0),
      ageOf(metadata.creationTimestamp, now),
    ]
    if (!isWide) return row
    const seen = status?.lastSeenTime === undefined ? '<unknown>' : `${ageOf(status.lastSeenTime, now)} ago`
    const orphaned = String(status?.orphans?.count ?? 0)
    return [
      ...row,
      spec.provider ?? '<none>',
      spec.apiEndpoint ?? '<none>',
      seen,
      ready?.reason ?? '<unknown>',
      orphaned,
    ]
  })
  return formatTable(isWide ? [...headings, ...wideHeadings] : headings, rows)
}

/** Ready says whether it answers: only what it does not say is noted. */
const notedStates = new Map([
  ['Suspect', 'suspect'],
  ['Failed', 'failed'],
  ['Recovering', 'recovering'],
])

function readyText({ metadata, spec, status }: Cluster, paint: Paint): string {
  const ready = findCondition(status?.conditions, 'Ready')?.status ?? 'Unknown'
  const notes = [
    metadata.deletionTimestamp === undefined ? '' : 'leaving',
    spec.suspend === true ? 'suspended' : '',
    notedStates.get(status?.health?.state ?? '') ?? '',
    spec.taints?.some(({ key }) => key === quarantineTaint.key) === true ? 'quarantined' : '',
    spec.taints?.some(({ key }) => key === cordonTaint.key) === true ? 'cordoned' : '',
    spec.taints?.some(({ key }) => key === drainTaint.key) === true ? 'draining' : '',
    metadata.annotations?.[orderAnnotation] === undefined ? '' : 'failover',
  ].filter((note) => note !== '')
  const text = notes.length === 0 ? ready : `${ready},${notes.join(',')}`
  return paint(ready === 'True' ? 'green' : ready === 'False' ? 'red' : 'yellow', text)
}
