// ResourceBinding and ClusterResourceBinding: one scheduling decision and what came of it.
import type { KubeObject } from '@flotilla/machinery/object'
import { conditions } from './condition.ts'
import {
  type ValueOf,
  anyObject,
  choice,
  flag,
  integer,
  list,
  map,
  number,
  object,
  optional,
  text,
  time,
} from './field.ts'
import { defineKind } from './kind.ts'
import { preemptionSchema } from './preemption.ts'
import { clusterUID, reference } from './reference.ts'
import { removalApprovalSchema, removalHoldSchema, removalSchema } from './removal.ts'
import { tolerationSchema } from './selector.ts'

const replicaRequirementsSchema = object('What one replica needs.', {
  resourceRequest: optional(map('Resources by name.', text('Kubernetes quantity.'))),
  nodeClaim: optional(
    object('Which nodes it may run on.', {
      nodeSelector: optional(map('Node labels that must be there.', text('Label value.'))),
      tolerations: optional(list('Node taints that do not matter.', tolerationSchema)),
      nodeAffinity: optional(anyObject('Required node affinity, as in a pod (`nodeSelectorTerms`).')),
    }),
  ),
})

export type ReplicaRequirements = ValueOf<typeof replicaRequirementsSchema>

const componentSchema = object('Replicas that are alike.', {
  name: text('Name of the component, of a kind that has several: they go together. Empty: its replicas are divided.'),
  replicas: integer('How many: `replicas` of a workload, `parallelism` of a Job.', { minimum: 0 }),
  completions: optional(integer('Of a Job: `completions`, divided in step with its replicas.', { minimum: 0 })),
  replicaRequirements: optional(replicaRequirementsSchema),
})

const workloadSchema = object('A template that is divided or duplicated.', {
  ref: reference('The template.'),
  labels: optional(map('Labels of the template: by them workloads name others.', text('Label value.'))),
  runsToCompletion: optional(
    flag('By a rule of its kind it runs to its end: it is well at its end only, and must not run twice.'),
  ),
  components: list('Its replicas; none for objects without, which go whole to each cluster.', componentSchema),
})

export type Workload = ValueOf<typeof workloadSchema>

export const policyRefSchema = object('The policy that won.', {
  kind: choice('Kind of the policy.', ['PropagationPolicy', 'ClusterPropagationPolicy']),
  namespace: optional(text('Namespace, of a PropagationPolicy.', { maxLength: 63 })),
  name: text('Name.', { minLength: 1, maxLength: 253 }),
  uid: text('UID.', { minLength: 1 }),
})

export type PolicyRef = ValueOf<typeof policyRefSchema>

export const bindingPrioritySchema = object('How important it is where room is short. None: priority 0.', {
  priority: integer('Value of the class; higher goes first.'),
  priorityClassName: optional(text('The PriorityClass that was named, or else the default one. None: neither.')),
  problem: optional(text('Why `priority` is not what the class says now, for people.')),
  preemptionPolicy: optional(
    choice('PreemptLowerPriority: it may have others give way. None: it may not.', ['PreemptLowerPriority']),
  ),
})

export type BindingPriority = ValueOf<typeof bindingPrioritySchema>

const decidedClusterSchema = object('What one cluster shall hold.', {
  name: text('Name of the cluster.', { minLength: 1 }),
  id: text('Identity of the cluster: what counts when names are used again.', { minLength: 1 }),
  clusterUID: optional(clusterUID),
  replicas: optional(
    integer('Replicas it shall hold; 0: it goes once growth elsewhere is ready. None: the object has no replicas.', {
      minimum: 0,
    }),
  ),
  completions: optional(integer('Of a Job: completions it shall reach.', { minimum: 0 })),
  from: optional(
    integer('Replicas that it held before the move; the larger of both is kept until growth elsewhere is ready.', {
      minimum: 0,
    }),
  ),
  fromCompletions: optional(integer('Of a Job: completions that it had before the move.', { minimum: 0 })),
})

export type DecidedCluster = ValueOf<typeof decidedClusterSchema>

const rejectionSchema = object('One reason against a cluster.', {
  filter: text('Filter that said so, e.g. TaintToleration.', { minLength: 1 }),
  message: text('What was observed and what was required.'),
})

const costsSchema = object(
  'What one more replica costs on a cluster, in fixed units. A term that is not known is absent.',
  {
    price: optional(number('In `explanation.currency`, per hour.', { minimum: 0 })),
    priceSheet: optional(text('PriceSheet that the price is from. None: default prices.')),
    latency: optional(number('Mean round trip of users, milliseconds.', { minimum: 0 })),
    carbon: optional(number('CO2, kilograms per hour.', { minimum: 0 })),
    load: optional(
      number('0 while the cluster stays below its target utilisation, 1 when it is full, with the square between.', {
        minimum: 0,
        maximum: 1,
      }),
    ),
    external: optional(number('What the external scorer says, in `explanation.currency`, per hour.', { minimum: 0 })),
    unknown: optional(
      list(
        'Terms that the objective weighs and that are not known: each counts as the worst that is known of a cluster that can be used.',
        choice('Term.', ['price', 'latency', 'carbon', 'load', 'external']),
        { set: true },
      ),
    ),
  },
)

export type VerdictCosts = ValueOf<typeof costsSchema>

export const verdictProperties = {
  name: text('Name of the cluster.', { minLength: 1 }),
  verdict: choice('Chosen; Feasible but not needed; Capped at what it holds; Rejected.', [
    'Chosen',
    'Feasible',
    'Capped',
    'Rejected',
  ]),
  reasons: optional(list('Every filter that spoke against it or capped it.', rejectionSchema)),
  cost: optional(
    number(
      'What one more replica costs here by the objective: its terms, each times its weight, in `explanation.currency` per hour. None: no objective is set.',
    ),
  ),
  costs: optional(costsSchema),
  estimate: optional(integer('Replicas that would fit now. None: unknown.', { minimum: 0 })),
  replicas: optional(integer('Replicas decided. None: the object has no replicas.', { minimum: 0 })),
}

const verdictSchema = object('What was found of one cluster.', verdictProperties)

export type Verdict = ValueOf<typeof verdictSchema>

const explanationSchema = object('Why it was decided so.', {
  trigger: text('What made the scheduler decide, e.g. PolicyChanged.', { minLength: 1 }),
  inputHash: text('Hash of everything that the decision was made from.', { minLength: 1 }),
  feasible: integer('Clusters that no filter rejected.', { minimum: 0 }),
  rejected: map(
    'Clusters rejected, by filter; one that several filters reject counts for each.',
    integer('Clusters.', { minimum: 0 }),
  ),
  gapPercent: optional(
    number(
      'Percent by which a better choice of failure domains might exceed this one, where there are too many to try all. None: there is none.',
      { minimum: 0 },
    ),
  ),
  currency: optional(text('ISO 4217 code of costs. None: no objective is set.')),
  scorer: optional(
    object('External scorer that the objective names.', {
      name: text('Name of the Scorer.', { minLength: 1 }),
      failure: optional(text('Why it was decided without its answer. None: it answered.')),
    }),
  ),
  clusters: list('Verdicts, chosen clusters first; at most 32.', verdictSchema, { maxItems: 32 }),
})

export type Explanation = ValueOf<typeof explanationSchema>

const shortfallSchema = object('What could not be decided as asked.', {
  reason: text('One CamelCase word: reason of condition Scheduled=False.', { minLength: 1 }),
  message: text('For people, with numbers.'),
  missingReplicas: integer('Replicas that no cluster got. 0 for objects without replicas.', { minimum: 0 }),
})

export type Shortfall = ValueOf<typeof shortfallSchema>

export const decisionSchema = object('Where it goes. Written by the scheduler in one write with its explanation.', {
  forHash: text('Hash of the inputs that it answers.', { minLength: 1 }),
  clusters: list('Clusters, by name.', decidedClusterSchema, { keys: ['id'] }),
  shortfall: optional(shortfallSchema),
  explanation: explanationSchema,
})

export type Decision = ValueOf<typeof decisionSchema>

const evictionSchema = object('A move away from a cluster that failed, or on which the workload did.', {
  cluster: text('Name of the cluster.', { minLength: 1 }),
  id: text('Identity of the cluster.', { minLength: 1 }),
  clusterUID: optional(clusterUID),
  reason: choice(
    'ClusterFailed: it did not answer for too long. Ordered: a person ordered it. TaintNotTolerated: the time for which a NoExecute taint is tolerated is over. ApplicationUnhealthy: the workload was not healthy there for too long. Withdrawn: a person withdrew it (flotilla withdraw).',
    ['ClusterFailed', 'Ordered', 'TaintNotTolerated', 'ApplicationUnhealthy', 'Withdrawn'],
  ),
  message: text('Why, for people.', { maxLength: 1024 }),
  since: time('When it began, RFC 3339.'),
  purgeMode: optional(
    choice('What the policy said then: how the old copy goes. Default: Gracefully.', ['Gracefully', 'Directly']),
  ),
  graceSeconds: integer(
    'So many seconds after `since` an old copy of which nothing is ready goes although the new ones are not ready, if a healthy copy is elsewhere.',
    { minimum: 0 },
  ),
})

export type Eviction = ValueOf<typeof evictionSchema>

const rebalanceMoves = {
  replicas: integer('Replicas that moved, those shortly before included that count against the same budget.', {
    minimum: 0,
  }),
  to: list('Identities of the clusters that got them: for an hour costs take nothing from there.', text('Identity.'), {
    set: true,
  }),
  message: text('What moves and why, for people.'),
}

const rebalanceSchema = object(
  'Where a rebalance wants the replicas. The scheduler decides exactly that if all rules and the room allow it, else it leaves them where they are; either way it clears this.',
  {
    forHash: text('`forHash` of the decision that it was planned from. Once another is in force it is ignored.', {
      minLength: 1,
    }),
    clusters: list(
      'Replicas by cluster. What is not named gets none.',
      object('What one cluster shall hold.', {
        id: text('Identity of the cluster.', { minLength: 1 }),
        replicas: integer('Replicas it shall hold.', { minimum: 0 }),
      }),
      { keys: ['id'] },
    ),
    moves: optional(object('What `rebalanced` is to say once it is decided.', rebalanceMoves)),
  },
)

const rebalancedSchema = object('What a rebalance moved last.', {
  time: time('When it was decided, RFC 3339.'),
  forHash: text('`forHash` of the decision that had it so.', { minLength: 1 }),
  ...rebalanceMoves,
})

export type Rebalanced = ValueOf<typeof rebalancedSchema>

const bindingSpecSchema = object('What is placed, by which policy, and where to.', {
  workloads: list('What is divided: one, or several that go together.', workloadSchema),
  schedulingUnit: optional(
    choice('Together: all that its policy selects in the namespace, as one piece. Default: Workload.', [
      'Workload',
      'Together',
    ]),
  ),
  followers: optional(
    list('Objects that go wherever the workloads go.', object('A follower.', { ref: reference('The follower.') })),
  ),
  policy: optional(policyRefSchema),
  losingPolicies: optional(list('Policies that select the template too but lost.', policyRefSchema, { maxItems: 32 })),
  preserveResourcesOnDeletion: optional(
    flag('What the policy said of copies when it was last in force: holds also once the policy is gone.'),
  ),
  massRemoval: optional(
    choice('What the policy said of mass removals when it was last in force: holds also once the policy is gone.', [
      'Allow',
    ]),
  ),
  schedulePriority: optional(bindingPrioritySchema),
  decision: optional(decisionSchema),
  removals: optional(list('Copies that go; cleared when the member has confirmed.', removalSchema)),
  removalHold: optional(removalHoldSchema),
  removalApproval: optional(removalApprovalSchema),
  rebalance: optional(rebalanceSchema),
  preemption: optional(preemptionSchema),
  rebalanced: optional(rebalancedSchema),
  evictions: optional(
    list('Clusters that failover or a person has moved it away from, and keeps it away from.', evictionSchema, {
      keys: ['id'],
    }),
  ),
})

const clusterOutcomeSchema = object('What came of it on one cluster.', {
  name: text('Name of the cluster.', { minLength: 1 }),
  id: optional(text('Identity of the cluster: nothing of this holds for another of its name.', { minLength: 1 })),
  state: choice('How far delivery is; Unreachable: what follows is the last that was seen.', [
    'Pending',
    'Applied',
    'Failed',
    'Removing',
    'Suspended',
    'Unreachable',
  ]),
  replicas: optional(integer('Replicas observed.', { minimum: 0 })),
  readyReplicas: optional(integer('Ready replicas observed.', { minimum: 0 })),
  health: optional(choice('Health observed.', ['Healthy', 'Progressing', 'Degraded', 'Unhealthy', 'Unknown'])),
  drift: optional(text('Fields that differ from what we state, where that is only reported.')),
  message: optional(text('Why, for people.')),
  observedAt: optional(time('When the member was seen so, RFC 3339.')),
})

export type ClusterOutcome = ValueOf<typeof clusterOutcomeSchema>

export const bindingStatusSchema = object('What came of the decision. Written by the status controller only.', {
  decisionHash: optional(
    text('`forHash` of the decision that this describes; if not the current one, Applied and Healthy are Unknown.'),
  ),
  conditions: optional(conditions('Scheduled, Applied, Healthy, RemovalHeld, Ready')),
  clusters: optional(
    list('By cluster; past 256 only those that are not healthy.', clusterOutcomeSchema, {
      keys: ['name'],
      maxItems: 256,
    }),
  ),
  summary: optional(
    object('Clusters counted.', {
      applied: integer('Where the current state is applied.', { minimum: 0 }),
      healthy: integer('Where it is healthy.', { minimum: 0 }),
      clusters: integer('All that the decision names.', { minimum: 0 }),
    }),
  ),
})

export type BindingSpec = ValueOf<typeof bindingSpecSchema>
export type BindingStatus = ValueOf<typeof bindingStatusSchema>

export interface ResourceBinding extends KubeObject {
  readonly spec: BindingSpec
  readonly status?: BindingStatus
}

export interface ClusterResourceBinding extends KubeObject {
  readonly spec: BindingSpec
  readonly status?: BindingStatus
}

const columns = [
  {
    name: 'Scheduled',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Scheduled")].status',
    description: 'Whether everything has a place.',
  },
  {
    name: 'Applied',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Applied")].status',
    description: 'Whether members hold it.',
  },
  {
    name: 'Healthy',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Healthy")].status',
    description: 'Whether it works there.',
  },
  { name: 'Clusters', type: 'integer', jsonPath: '.status.summary.clusters', description: 'How many clusters.' },
  { name: 'Policy', type: 'string', jsonPath: '.spec.policy.name', priority: 1, description: 'The policy that won.' },
  {
    name: 'Priority',
    type: 'integer',
    jsonPath: '.spec.schedulePriority.priority',
    priority: 1,
    description: 'How important it is where room is short.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when.' },
] as const

export const resourceBindingKind = defineKind({
  kind: 'ResourceBinding',
  plural: 'resourcebindings',
  namespaced: true,
  shortNames: ['rb'],
  description: 'Where one template of its namespace goes, and what came of it. Owned by the template.',
  spec: bindingSpecSchema,
  status: bindingStatusSchema,
  columns,
})

export const clusterResourceBindingKind = defineKind({
  kind: 'ClusterResourceBinding',
  plural: 'clusterresourcebindings',
  namespaced: false,
  shortNames: ['crb'],
  description: 'Where one cluster-scoped template goes, and what came of it. Owned by the template.',
  spec: bindingSpecSchema,
  status: bindingStatusSchema,
  columns,
})

export const resourceBindingResource = resourceBindingKind.resource
export const clusterResourceBindingResource = clusterResourceBindingKind.resource
