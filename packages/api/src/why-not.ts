// WhyNot: why a workload has nothing on a cluster, and what would give it some. Asked and answered, never stored.
import { type ValueOf, choice, integer, list, object, optional, text } from './field.ts'
import { policyRefSchema } from './resource-binding.ts'
import { defineReview, objectNameProperties, objectRef } from './review.ts'

export const whyNotSpecSchema = object('What is asked about.', {
  template: objectRef('A template on the hub.'),
  clusters: optional(
    list('Names of clusters. Default: all.', text('Name of a Cluster.', { minLength: 1, maxLength: 253 }), {
      set: true,
      minItems: 1,
      maxItems: 256,
    }),
  ),
})

const whyNotProperties = {
  cluster: text('Name of the cluster.', { minLength: 1 }),
  verdict: choice(
    'Placed: it is there already. Possible: no rule forbids it, only the division prefers others. Barred: rules forbid it.',
    ['Placed', 'Possible', 'Barred'],
  ),
  replicas: optional(integer('Replicas decided for the cluster. None: the object has no replicas.', { minimum: 0 })),
  total: optional(
    integer('Replicas that the policy divides or duplicates. None: the object has none.', { minimum: 0 }),
  ),
  estimate: optional(integer('Replicas that would fit now. None: unknown.', { minimum: 0 })),
  reasons: list(
    'All that speaks against it; where it is there already, against more.',
    object('One reason.', {
      rule: text('Filter, or field of the placement.', { minLength: 1 }),
      message: text('What was observed and what was required.', { minLength: 1 }),
    }),
  ),
  relax: list(
    'A smallest set of rules without which it would have a replica: all of them together, no smaller set would do.',
    object('One rule.', {
      rule: text('Filter, or field of the placement.', { minLength: 1 }),
      change: text('What would lift it.', { minLength: 1 }),
    }),
  ),
  moves: list(
    'What would then be decided otherwise, by cluster; objects without replicas count as one.',
    object('One cluster.', {
      cluster: text('Name of the cluster.', { minLength: 1 }),
      from: integer('Replicas decided now.', { minimum: 0 }),
      to: integer('Replicas if it had one.', { minimum: 0 }),
    }),
  ),
}

export const whyNotSchema = object(
  'Why one workload has nothing on one cluster, and what would give it some.',
  whyNotProperties,
)

export type WhyNot = ValueOf<typeof whyNotSchema>

const answerSchema = object('One workload on one cluster.', {
  workload: object('The template that is placed: not the one that is asked about, where that only follows.', {
    ...objectNameProperties,
  }),
  policy: optional(policyRefSchema),
  ...whyNotProperties,
})

export const whyNotStatusSchema = object('Why it is not there.', {
  answers: list('For each workload and each cluster. None: no policy selects it, so it goes nowhere.', answerSchema),
})

export type WhyNotSpec = ValueOf<typeof whyNotSpecSchema>
export type WhyNotStatus = ValueOf<typeof whyNotStatusSchema>
export type WhyNotAnswer = WhyNotStatus['answers'][number]

export const whyNotReview = defineReview({
  kind: 'WhyNot',
  plural: 'whynots',
  description: 'Why a template has nothing on clusters, and the smallest set of rules without which it would.',
  spec: whyNotSpecSchema,
  status: whyNotStatusSchema,
})
