// Prints why a template is not on clusters, and what would have it there.
import type { Cluster } from '@flotilla/api/cluster'
import type { WhyNot } from '@flotilla/api/why-not'
import { requestFor } from '@flotilla/control-plane/binding/request'
import { readClusters } from '@flotilla/control-plane/what-if/read-hub'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { createSnapshot, type ClusterRow } from '@flotilla/scheduler/snapshot'
import { whyNot } from '@flotilla/scheduler/why-not'
import { createCommandEnv } from '../command-env.ts'
import type { WhyNotFlags } from '../commands/decisions.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { chooseClusters } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { readPolicy } from './explain-every.ts'
import { noBindingText } from './explanation-text.ts'
import { readTemplate, type Binding } from './read-binding.ts'
import { costBookFor } from './read-cost-book.ts'
import { readNeighbours } from './read-neighbours.ts'
import { type Answer, type ObjectName, whyNotText } from './why-not-text.ts'

export async function runWhyNot(args: readonly string[], flags: WhyNotFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const [{ template, binding, bindings }, { clusters, rows }] = await Promise.all([
    readTemplate(hub.api, args, flags.namespace ?? hub.namespace),
    readClusters(hub.api),
  ])
  const chosen = chooseClusters(clusters, flags.clusters)
  const asked = binding === undefined ? bindings : [binding]
  const answers = await Promise.all(asked.map((each) => answersFor(hub.api, each, chosen, rows, env.clock.now())))
  const value = { template: nameOf(template.kind, template.metadata), answers: answers.flat() }
  if (format !== 'text') terminal.out(await formatValue(value, format))
  else if (asked.length === 0) terminal.out(noBindingText(template, []))
  else terminal.out(whyNotText(value.template, value.answers))
}

/** As clusters are now. */
async function answersFor(
  hub: KubeApi,
  binding: Binding,
  chosen: readonly Cluster[],
  rows: readonly ClusterRow[],
  now: number,
): Promise<readonly Answer[]> {
  const { policy: ref, workloads } = binding.spec
  const policy = ref && (await readPolicy(hub, ref))
  const placement = policy?.spec.placement ?? {}
  const [book, neighbours] = await Promise.all([costBookFor(hub, placement, now), readNeighbours(hub, binding)])
  const snapshot = createSnapshot(rows, book)
  const subject = workloads.map(({ ref: { kind, ...metadata } }) => nameOf(kind, metadata))[0]
  return chosen.flatMap((cluster) => {
    if (subject === undefined) return []
    const answer = policy
      ? whyNot({ ...requestFor(binding, placement), ...(neighbours && { neighbours }) }, snapshot, cluster.spec.id)
      : withoutPolicy(binding, cluster)
    return [{ workload: subject, ...(ref ? { policy: ref } : {}), ...answer }]
  })
}

function withoutPolicy({ spec: { decision } }: Binding, { metadata, spec }: Cluster): WhyNot {
  const entry = decision?.clusters.find(({ id }) => id === spec.id)
  const replicas = entry?.replicas === undefined ? {} : { replicas: entry.replicas }
  const message = 'no policy selects it any more; what was placed stays, and nothing is added'
  const change = 'a policy whose resourceSelectors name it'
  return {
    cluster: metadata.name,
    ...replicas,
    verdict: entry === undefined ? 'Barred' : 'Placed',
    reasons: [{ rule: 'policy', message }],
    relax: entry === undefined ? [{ rule: 'policy', change }] : [],
    moves: [],
  }
}

function nameOf(kind: string, { namespace, name }: { readonly namespace?: string; readonly name: string }): ObjectName {
  return { kind, ...(namespace === undefined ? {} : { namespace }), name }
}
