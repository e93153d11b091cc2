// WhyNot: why a workload has nothing on a cluster, and what would give it some. Answered, never stored.
import { type ValueOf, choice, integer, list, object, optional, text } from './field.ts'

export const whyNotSchema = object('Why one workload has nothing on one cluster, and what would give it some.', {
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
})

export type WhyNot = ValueOf<typeof whyNotSchema>
