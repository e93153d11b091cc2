// Placement: which clusters a template goes to and how its replicas are divided among them.
import { complianceSchema } from './compliance.ts'
import { type ValueOf, choice, integer, list, number, object, optional, text } from './field.ts'
import { affinityTermSchema, clusterAffinity, tolerationSchema } from './selector.ts'
import { workloadAffinitySchema } from './workload-affinity.ts'

const staticWeightSchema = object('Weight and bounds of the clusters that `targetCluster` selects.', {
  targetCluster: clusterAffinity('Clusters that the entry is about; each gets the weight.'),
  weight: integer(
    'Share relative to the other clusters. 0: none beyond `minReplicas`. A cluster in several entries has the heaviest.',
    {
      minimum: 0,
      maximum: 1_000_000,
    },
  ),
  minReplicas: optional(
    integer('At least so many replicas on each of these clusters, while the template has them. Default: 0.', {
      minimum: 0,
    }),
  ),
  maxReplicas: optional(
    integer('At most so many replicas on each of these clusters; not less than `minReplicas`. Default: no bound.', {
      minimum: 0,
    }),
  ),
})

const weightPreferenceSchema = object('How Weighted weighs clusters. Default: every selected cluster weighs 1.', {
  staticWeightList: optional(
    list('Weights by cluster. A cluster that no entry selects has weight 0.', staticWeightSchema, { maxItems: 1000 }),
  ),
  dynamicWeight: optional(
    choice(
      'AvailableReplicas: a cluster weighs as many replicas as have room on it, and gets no more. What is placed stays while it may. Not together with `staticWeightList`.',
      ['AvailableReplicas'],
    ),
  ),
})

const countSchema = object('A fixed number of replicas.', {
  targetCluster: clusterAffinity(
    'Clusters that the entry is about; each gets that many. A cluster in several entries has the first.',
  ),
  replicas: integer('Replicas on each of these clusters.', { minimum: 0 }),
})

const replicaSchedulingSchema = object(
  'How replicas spread over the selected clusters. Objects without replicas go whole to each.',
  {
    replicaSchedulingType: optional(
      choice(
        "Duplicated: all replicas on each selected cluster. Divided: the template's replicas are shared out. Default: Duplicated.",
        ['Duplicated', 'Divided'],
        { default: 'Duplicated' },
      ),
    ),
    replicaDivisionPreference: optional(
      choice(
        'With Divided. Weighted: in proportion to weights. Counts: as many as `counts` says. Aggregated: on few clusters, each filled before the next is begun. Default with Divided: Weighted.',
        ['Weighted', 'Aggregated', 'Counts'],
      ),
    ),
    weightPreference: optional(weightPreferenceSchema),
    counts: optional(list('With Counts: replicas by cluster. At least one entry.', countSchema, { maxItems: 1000 })),
  },
  { default: {} },
)

const spreadConstraintSchema = object('Spreads over failure domains. Clusters that are in none are not used.', {
  spreadByField: optional(
    choice(
      'Field that makes the domains; clusters that share a zone are in one domain. Exactly one of this and `spreadByLabel`.',
      ['cluster', 'region', 'zone', 'provider'],
    ),
  ),
  spreadByLabel: optional(text('Cluster label whose values make the domains.', { maxLength: 317 })),
  minGroups: optional(
    integer('At least so many domains have a replica, as far as there are replicas for them. Default: 1.', {
      minimum: 0,
    }),
  ),
  maxGroups: optional(
    integer('At most so many domains; not less than `minGroups`. Default: no bound.', { minimum: 1 }),
  ),
  maxSkew: optional(
    integer(
      'With Weighted: replicas by which two domains that are used may differ. Only one constraint may have it. Default: no bound.',
      {
        minimum: 1,
      },
    ),
  ),
  maxSharePercent: optional(
    integer(
      'With Divided: share of all replicas that one domain may hold, percent, rounded up to whole replicas. Default: 100.',
      { minimum: 1, maximum: 100 },
    ),
  ),
})

function weight(description: string) {
  return optional(number(`${description} Default: 0.`, { minimum: 0, maximum: 1_000_000 }))
}

const externalSchema = object(
  'What a service of your own says that a replica costs on each cluster, or that nothing may be added there. It is asked once for each decision.',
  {
    scorer: text('Name of the Scorer, which an administrator has registered.', { minLength: 1, maxLength: 253 }),
    weight: optional(
      number('How much of what it says counts: 1 takes it as it is, 0 only what it refuses. Default: 1.', {
        minimum: 0,
        maximum: 1_000_000,
        default: 1,
      }),
    ),
    failurePolicy: optional(
      choice(
        'When it does not answer, or not as it should. Ignore: it is decided without it, and the explanation says so. Fail: nothing is decided until it answers; what is placed stays. Default: Ignore.',
        ['Ignore', 'Fail'],
        { default: 'Ignore' },
      ),
    ),
  },
)

const objectiveSchema = object(
  'Costs that growth goes by: each replica that is added goes where the next costs least, among clusters that have room; what is placed stays, and scaling down takes the dearest first. The cost of a replica is the sum of the terms, each times its weight, in the currency of the PriceSheets per hour. With Aggregated, with Weighted without `staticWeightList`, and with Duplicated where `maxGroups` leaves a choice of clusters.',
  {
    price: weight('Weight of the price of a replica (PriceSheet); 1 takes it as it is.'),
    latency: weight(
      'What one millisecond of mean round trip to users (TrafficProfile) is worth, per replica and hour.',
    ),
    carbon: weight('What one kilogram of CO2 (CarbonSheet) is worth.'),
    load: weight(
      'What an hour on a full cluster is worth, per replica: nothing up to 70 % of its CPU and memory requested, then with the square of what is above.',
    ),
    external: optional(externalSchema),
    locality: optional(
      number(
        'What moving a replica must save, in the currency of the PriceSheets per hour: what a move costs, over the hours in which it is to pay. `flotilla rebalance` moves nothing that saves less; the scheduler itself never moves for costs. 0: whatever saves moves. It comes before `reschedule.minGainPercent`. Default: what that says; by hand, half of what a replica of all that may move costs on average. Not together with `load`, several tiers, `workloadAffinity` or Duplicated, with which rebalancing moves nothing.',
        { minimum: 0, maximum: 1_000_000 },
      ),
    ),
  },
)

export const placementSchema = object(
  'Which clusters, and how many replicas on each. Default: everything on every cluster.',
  {
    clusterAffinity: optional(clusterAffinity('Clusters that may be used.')),
    clusterAffinities: optional(
      list(
        'Tiers of clusters in order: a later one takes only what has no place in those before it, and gives it back when there is. Duplicated uses the first tier that has a cluster to use, and later ones where only so `minGroups` are met. Not together with `clusterAffinity`, `maxSkew` or Counts.',
        affinityTermSchema,
        { maxItems: 64 },
      ),
    ),
    clusterTolerations: optional(list('Taints of clusters that do not matter.', tolerationSchema, { maxItems: 256 })),
    spreadConstraints: optional(
      list(
        'Failure domains to spread over, all of them at once: domains of one must lie in those of another, as clusters do in regions. Not with Counts.',
        spreadConstraintSchema,
        {
          maxItems: 6,
        },
      ),
    ),
    replicaScheduling: optional(replicaSchedulingSchema),
    objective: optional(objectiveSchema),
    compliance: optional(complianceSchema),
    workloadAffinity: optional(workloadAffinitySchema),
    partialPlacement: optional(
      choice(
        'When not every replica has a place: Allow places those that have, Deny adds none and leaves what is there. Default: Allow.',
        ['Allow', 'Deny'],
        { default: 'Allow' },
      ),
    ),
  },
  { default: {} },
)

export type Placement = ValueOf<typeof placementSchema>
export type ReplicaScheduling = ValueOf<typeof replicaSchedulingSchema>
export type SpreadConstraint = ValueOf<typeof spreadConstraintSchema>
export type StaticWeight = ValueOf<typeof staticWeightSchema>
export type ReplicaCount = ValueOf<typeof countSchema>

export type Mode = 'Duplicated' | 'Weighted' | 'Counts' | 'Aggregated'

/** How replicas are divided, defaults included. */
export function modeOf(scheduling: ReplicaScheduling | undefined): Mode {
  if (scheduling?.replicaSchedulingType !== 'Divided') return 'Duplicated'
  return scheduling.replicaDivisionPreference ?? 'Weighted'
}
