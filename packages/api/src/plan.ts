// Plan: what would move if something changed. Asked and answered, never stored.
import { type ValueOf, anyObject, choice, flag, integer, list, number, object, optional, text } from './field.ts'
import { defineReview, objectNameProperties, objectRef } from './review.ts'

const clusterName = text('Name of a Cluster.', { minLength: 1, maxLength: 253 })

/** So many of each at once. */
const [mostObjects, mostFactors] = [1000, 32]

export const planSpecSchema = object('What would change.', {
  apply: optional(
    list(
      'Objects as if they were applied: templates, policies, namespaces, PriorityClasses, sheets of costs, and Clusters. What a Cluster says of its status counts in place of what is observed; one that is not registered is new.',
      anyObject('An object as `kubectl apply` takes it.'),
      { maxItems: mostObjects },
    ),
  ),
  remove: optional(
    list(
      'Objects as if they were deleted: templates, policies, PriorityClasses and sheets of costs.',
      objectRef('An object on the hub.'),
      { maxItems: mostObjects },
    ),
  ),
  lose: optional(
    list('Clusters that are no longer there, as after `flotilla unjoin --force`.', clusterName, {
      set: true,
      maxItems: mostObjects,
    }),
  ),
  drain: optional(
    list('Clusters with a taint `flotilla.dev/drain` of effect NoExecute.', clusterName, {
      set: true,
      maxItems: mostObjects,
    }),
  ),
  add: optional(
    list(
      'Clusters that are new. One with nodes of its own is written as a Cluster with its status instead.',
      object('A new cluster that is like another.', {
        name: text('Its name.', { minLength: 1, maxLength: 253 }),
        like: text('Name of the Cluster whose place, labels, taints, kinds and free room it has.', {
          minLength: 1,
          maxLength: 253,
        }),
      }),
      { maxItems: mostObjects },
    ),
  ),
  load: optional(
    list(
      'Workloads that have more replicas, or fewer. Jobs and objects without replicas stay as they are.',
      object('Some workloads.', {
        factor: number('Replicas are multiplied by it and rounded up.', { minimum: 0 }),
        namespace: optional(text('Only those of this namespace. Default: all.', { minLength: 1, maxLength: 63 })),
        selector: optional(text('Only templates with these labels, as `kubectl -l` takes them. Default: all.')),
      }),
      { maxItems: mostFactors },
    ),
  ),
  prices: optional(
    list(
      'Clusters on which everything costs more, or less. What is placed stays; what is to be placed goes by it.',
      object('Some clusters.', {
        factor: number('All prices are multiplied by it.', { minimum: 0 }),
        clusters: optional(list('Only on these. Default: all.', clusterName, { set: true, minItems: 1 })),
      }),
      { maxItems: mostFactors },
    ),
  ),
})

export type PlanSpec = ValueOf<typeof planSpecSchema>

const countSchema = (description: string) =>
  object(description, { from: integer('Now.', { minimum: 0 }), to: integer('Then.', { minimum: 0 }) })

const amountSchema = (description: string) => object(description, { from: number('Now.'), to: number('Then.') })

export const planStatusSchema = object('What would happen, to the end of every move.', {
  snapshot: text(
    'Names all that the plan was made from, and its moves: `flotilla plan --apply --snapshot` refuses on another.',
    { minLength: 1 },
  ),
  workloads: list(
    'Workloads of which something changes, those of higher priority first.',
    object('One workload. Objects without replicas count as one on each cluster.', {
      workload: object('The template.', objectNameProperties),
      policy: optional(object('The policy that places it.', objectNameProperties)),
      priority: integer('How important it is where room is short: higher goes first.'),
      isNew: flag(
        'Nothing is placed of it yet. To which of several equal clusters a template goes that is yet to be created depends on the UID that it is given then.',
      ),
      removal: optional(
        choice('Its template is taken away. Deleted: its copies go too. Preserved: its policy has them stay.', [
          'Deleted',
          'Preserved',
        ]),
      ),
      replicas: countSchema('Replicas that are asked for: of the template, or on each cluster where it is duplicated.'),
      moves: list(
        'Where it has more or fewer, by cluster.',
        object('One cluster.', {
          cluster: clusterName,
          from: integer('Replicas decided now.', { minimum: 0 }),
          to: integer('Replicas decided then.', { minimum: 0 }),
        }),
      ),
      missing: countSchema('Replicas that have no place.'),
      reason: optional(text('Why they have none then, with numbers.')),
      pending: list(
        'Where replicas are decided that find no room: they stay Pending, and what waits for them stays where it is.',
        object('One cluster.', { cluster: clusterName, replicas: integer('How many.', { minimum: 1 }) }),
      ),
      staying: list(
        'Where copies stay although others are decided, since nothing that is ready replaces them.',
        object('One cluster.', { cluster: clusterName, replicas: integer('How many.', { minimum: 1 }) }),
      ),
    }),
  ),
  waves: list(
    'How it comes about, each once the one before is over: what grows comes first, what it replaces goes after it, then comes what takes the room.',
    object('One wave.', {
      moves: list(
        'What then runs elsewhere, those of higher priority first.',
        object('One workload on one cluster. Objects without replicas count as one.', {
          workload: object('The template.', objectNameProperties),
          cluster: clusterName,
          from: integer('Replicas that run before.', { minimum: 0 }),
          to: integer('Replicas that run after.', { minimum: 0 }),
        }),
      ),
    }),
  ),
  totals: object('Sums over all workloads, those that do not change among them.', {
    workloads: integer('Of which something changes.', { minimum: 0 }),
    moved: integer('Replicas that leave one cluster for another.', { minimum: 0 }),
    added: integer('Replicas more.', { minimum: 0 }),
    removed: integer('Replicas fewer.', { minimum: 0 }),
    missing: countSchema('Replicas that have no place.'),
    costs: optional(
      object(
        'What all replicas cost, where there are sheets or objectives. A term that is unknown of some replica is left out.',
        {
          currency: text('ISO 4217 code.', { minLength: 1 }),
          price: optional(amountSchema('Currency per hour.')),
          carbon: optional(amountSchema('Kilograms of CO2 per hour.')),
          latency: optional(
            amountSchema('Mean round trip of users, milliseconds, over the replicas of which it is known.'),
          ),
        },
      ),
    ),
    emptied: list('Clusters that have something now and nothing then.', clusterName),
  }),
})

export type PlanStatus = ValueOf<typeof planStatusSchema>
export type PlannedWorkload = PlanStatus['workloads'][number]

export const planReview = defineReview({
  kind: 'Plan',
  plural: 'plans',
  description:
    'What would move if something changed: which replicas, in which order, what would have no place, and the sums.',
  spec: planSpecSchema,
  status: planStatusSchema,
})
