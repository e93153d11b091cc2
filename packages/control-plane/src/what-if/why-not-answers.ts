// Why a template is not on clusters, and what would have it there, as the hub's clusters are now.
import type { Cluster } from '@flotilla/api/cluster'
import type { WhyNot, WhyNotAnswer } from '@flotilla/api/why-not'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import { createSnapshot, type ClusterRow } from '@flotilla/scheduler/snapshot'
import { whyNotSteps } from '@flotilla/scheduler/why-not'
import type { Binding } from '../hub.ts'
import { costBookFor } from './cost-book-for.ts'
import { readPolicy } from './explain-every.ts'
import { inTurns } from './in-turns.ts'
import { requestNow } from './request-now.ts'
import type { TemplateAndBindings } from './template-bindings.ts'

export interface WhyNotAsked {
  readonly chosen: readonly Cluster[]
  /** Of all clusters. */
  readonly rows: readonly ClusterRow[]
  readonly signal?: AbortSignal | undefined
}

/** For each workload, which the template may only follow, and each chosen cluster. */
export async function answerWhyNot(
  env: Env,
  hub: KubeApi,
  { binding, bindings }: TemplateAndBindings,
  asked: WhyNotAsked,
): Promise<readonly WhyNotAnswer[]> {
  const about = binding === undefined ? bindings : [binding]
  const answers: WhyNotAnswer[] = []
  for (const each of about) answers.push(...(await answersFor(env, hub, each, asked)))
  return answers
}

async function answersFor(
  env: Env,
  hub: KubeApi,
  binding: Binding,
  { chosen, rows, signal }: WhyNotAsked,
): Promise<readonly WhyNotAnswer[]> {
  const { policy: ref, workloads } = binding.spec
  const subject = workloads.map(({ ref: { kind, ...metadata } }) => nameOf(kind, metadata))[0]
  if (subject === undefined) return []
  const policy = ref && (await readPolicy(hub, ref))
  const placement = policy?.spec.placement ?? {}
  const [book, request] = await Promise.all([
    costBookFor(hub, placement, env.clock.now()),
    requestNow(hub, binding, placement),
  ])
  const snapshot = createSnapshot(rows, book)
  const answers: WhyNotAnswer[] = []
  for (const cluster of chosen) {
    const answer = policy
      ? await inTurns(env, whyNotSteps(request, snapshot, cluster.spec.id), signal)
      : withoutPolicy(binding, cluster)
    answers.push({ workload: subject, ...(ref ? { policy: ref } : {}), ...answer })
  }
  return answers
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

export function nameOf(
  kind: string,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
): WhyNotAnswer['workload'] {
  return { kind, ...(namespace === undefined ? {} : { namespace }), name }
}
