// Answers to reviews: everything is read through `api`, so that an answer tells nobody more than he may read himself.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { toOpenApi } from '@flotilla/api/crd'
import { type ExplanationSpec, explanationReview } from '@flotilla/api/explanation'
import { planReview } from '@flotilla/api/plan'
import type { ObjectRef, ReviewDefinition } from '@flotilla/api/review'
import { type WhyNotSpec, whyNotReview } from '@flotilla/api/why-not'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import { explainTemplate } from './explain.ts'
import { planNow, preparePlan } from './plan-now.ts'
import { readPlanSpec } from './plan-spec.ts'
import { readClusters } from './read-hub.ts'
import { readSpec } from './read-spec.ts'
import { readTemplate, resourceOf, type TemplateAndBindings } from './template-bindings.ts'
import { answerWhyNot } from './why-not-answers.ts'

export interface ReviewAsked {
  readonly env: Env
  /** The hub under the rights of who asks. */
  readonly api: KubeApi
  readonly review: KubeObject
  /** Aborts when nobody waits any more. */
  readonly signal?: AbortSignal | undefined
}

/** The namespace of what says none, as kubectl has it. */
const usualNamespace = 'default'

/** The status of the review. @throws Invalid naming the fields that are wrong, and what the hub answers who asks. */
type Answer = (asked: ReviewAsked) => Promise<object>

/** By plural. */
export const answers: ReadonlyMap<string, Answer> = new Map([
  [explanationReview.resource.plural, answerExplanation],
  [whyNotReview.resource.plural, answerWhyNotReview],
  [planReview.resource.plural, answerPlan],
])

async function answerExplanation({ env, api, review }: ReviewAsked): Promise<object> {
  const { template } = specOf<ExplanationSpec>(explanationReview, review)
  return explainTemplate(api, await findTemplate(api, template), env.clock.now())
}

async function answerWhyNotReview({ env, api, review, signal }: ReviewAsked): Promise<object> {
  const spec = specOf<WhyNotSpec>(whyNotReview, review)
  const [found, { clusters, rows }] = await Promise.all([findTemplate(api, spec.template), readClusters(api)])
  return { answers: await answerWhyNot(env, api, found, { chosen: choose(clusters, spec.clusters), rows, signal }) }
}

async function answerPlan({ env, api, review, signal }: ReviewAsked): Promise<object> {
  const prepared = await preparePlan(api, readPlanSpec(review), { namespace: usualNamespace, force: true })
  return (await planNow(env, api, prepared, signal)).status
}

function specOf<Spec>({ spec }: ReviewDefinition, review: KubeObject): Spec {
  return readSpec<Spec>(review, { root: toOpenApi(spec), resolve: () => undefined })
}

async function findTemplate(api: KubeApi, ref: ObjectRef): Promise<TemplateAndBindings> {
  const { name, namespace = usualNamespace } = ref
  return readTemplate(api, await resourceOf(api, ref), { name, namespace })
}

function choose(clusters: readonly Cluster[], names: readonly string[] | undefined): readonly Cluster[] {
  if (names === undefined) return clusters
  const byName = new Map(clusters.map((cluster) => [cluster.metadata.name, cluster]))
  return names.map((name) => {
    const found = byName.get(name)
    if (found !== undefined) return found
    const known = [...byName.keys()].join(', ') || 'none'
    const what = `${clusterResource.kind} ${name}`
    throw new FlotillaError('NotFound', `Cannot ask about ${what}: it is not registered; registered: ${known}`)
  })
}
