// PropagationPolicy and ClusterPropagationPolicy: which templates go where and how their replicas divide.
import type { KubeObject } from '@flotilla/machinery/object'
import { defineKind } from './kind.ts'
import { type ValueOf, choice, flag, integer, list, object, optional, text } from './field.ts'
import { placementSchema } from './placement.ts'
import { policyStatusSchema, type PolicyStatus, rescheduleSchema } from './reschedule.ts'
import { resourceSelectorSchema } from './selector.ts'

const driftSchema = object('What happens when somebody changes a field that we state on a member.', {
  mode: optional(
    choice(
      'Correct: put it back. Report: leave it and say so on the binding. Default: Correct.',
      ['Correct', 'Report'],
      {
        default: 'Correct',
      },
    ),
  ),
  ignoreFields: optional(
    list(
      'Fields that never count as drift and are not stated again once somebody else owns them, e.g. `spec.replicas`.',
      text('Path of a field, keys joined by dots; a key with dots in it goes in brackets: `metadata.labels[a.b/c]`.', {
        minLength: 1,
        maxLength: 1024,
      }),
      { set: true, maxItems: 256 },
    ),
  ),
})

const suspensionSchema = object('Stops writes to members; what runs keeps running and is still observed.', {
  dispatching: optional(flag('Write to no member. Not together with `dispatchingOnClusters`. Default: false.')),
  dispatchingOnClusters: optional(
    object('Write to none of these members.', {
      clusterNames: list(
        'Names of the members; at least one.',
        text('Name of a Cluster.', { minLength: 1, maxLength: 253 }),
        {
          minItems: 1,
          set: true,
        },
      ),
    }),
  ),
})

const failoverSchema = object('What happens when a cluster or the application on it fails.', {
  cluster: optional(
    object('When a cluster fails. To have nothing moved, tolerate flotilla.dev/unreachable in clusterTolerations.', {
      purgeMode: optional(
        choice(
          'Gracefully: old copies go when the new ones are ready. Directly: as soon as a healthy copy is elsewhere, also those that cannot be reached: they go when their cluster comes back. Never: they stay (this version refuses it). Default: Gracefully.',
          ['Gracefully', 'Directly', 'Never'],
        ),
      ),
      gracePeriodSeconds: optional(
        integer(
          'How long old copies of which nothing is ready wait for the new ones, seconds; not with Directly. Default: 600.',
          { minimum: 0, maximum: 86_400 },
        ),
      ),
    }),
  ),
  application: optional(
    object('When the workload is not healthy on a cluster that answers. None: it is left there.', {
      tolerationSeconds: optional(
        integer('Not healthy for so long before it is moved, seconds. Default: 300.', { minimum: 30, maximum: 86_400 }),
      ),
    }),
  ),
})

const schedulePrioritySchema = object(
  'How important the selected workloads are where room is short: those of higher priority are placed first. Says nothing of which policy wins. None: priority 0.',
  {
    priorityClassSource: optional(
      choice(
        'KubePriorityClass: `priorityClassName` names a PriorityClass of the hub. PodPriorityClass: the pod template of each workload does. Where no class is named the one with `globalDefault` counts, without one 0. Default: KubePriorityClass.',
        ['KubePriorityClass', 'PodPriorityClass'],
        { default: 'KubePriorityClass' },
      ),
    ),
    priorityClassName: optional(
      text('Name of a PriorityClass (scheduling.k8s.io/v1) of the hub. Not with PodPriorityClass.', {
        minLength: 1,
        maxLength: 253,
      }),
    ),
    preemptionPolicy: optional(
      choice(
        'PreemptLowerPriority: where they have no place, replicas of lower priority give way if that is proved to give them one. Only where free room bounds the placement; never where the class itself says Never. Never: what runs stays. Default: Never.',
        ['Never', 'PreemptLowerPriority'],
        { default: 'Never' },
      ),
    ),
  },
)

export type SchedulePriority = ValueOf<typeof schedulePrioritySchema>

export const propagationSpecSchema = object('Which templates go where.', {
  resourceSelectors: list(
    'Templates that the policy is about: those that any entry selects. At least one.',
    resourceSelectorSchema,
    {
      minItems: 1,
      maxItems: 1000,
    },
  ),
  priority: optional(
    integer('Of policies of the same scope that select a template the highest priority wins. Default: 0.', {
      default: 0,
    }),
  ),
  schedulePriority: optional(schedulePrioritySchema),
  propagateDeps: optional(
    flag(
      'Send along what a workload uses (ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim) and what points at it (Service, HorizontalPodAutoscaler, PodDisruptionBudget, Ingress). Default: true.',
      { default: true },
    ),
  ),
  schedulingUnit: optional(
    choice(
      'Workload: each workload is decided by itself. Together: all selected ones of a namespace are one piece, whole on the same clusters: Divided gives them to one, Duplicated to each. Default: Workload.',
      ['Workload', 'Together'],
      { default: 'Workload' },
    ),
  ),
  placement: optional(placementSchema),
  conflictResolution: optional(
    choice(
      'When a member already has the object and it is not ours. Abort: fail. IfIdentical: adopt it if our fields already hold, else fail. Overwrite: take our fields by force. Default: IfIdentical.',
      ['Abort', 'IfIdentical', 'Overwrite'],
      { default: 'IfIdentical' },
    ),
  ),
  drift: optional(driftSchema),
  suspension: optional(suspensionSchema),
  preserveResourcesOnDeletion: optional(
    flag('When a template is deleted its copies stay on the members, without our labels. Default: false.', {
      default: false,
    }),
  ),
  massRemoval: optional(
    choice(
      'When, within an hour, more than 20 of the bindings of the policy or of the hub lose copies, and more than 10 % of them. Hold: nothing more goes until flotilla approve. Allow: it goes, and does not count. Default: Hold.',
      ['Hold', 'Allow'],
      { default: 'Hold' },
    ),
  ),
  recreatePolicy: optional(
    choice(
      'When an immutable field changes. Never: report it. OnImmutableChange: delete and create again (this version refuses it). Default: Never.',
      ['Never', 'OnImmutableChange'],
      { default: 'Never' },
    ),
  ),
  failover: optional(failoverSchema),
  reschedule: optional(rescheduleSchema),
})

export type PropagationSpec = ValueOf<typeof propagationSpecSchema>

export interface PropagationPolicy extends KubeObject {
  readonly spec: PropagationSpec
  readonly status?: PolicyStatus
}

export interface ClusterPropagationPolicy extends KubeObject {
  readonly spec: PropagationSpec
  readonly status?: PolicyStatus
}

const columns = [
  { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', description: 'Which policy wins.' },
  {
    name: 'Scheduling',
    type: 'string',
    jsonPath: '.spec.placement.replicaScheduling.replicaSchedulingType',
    description: 'Duplicated or Divided.',
  },
  {
    name: 'Division',
    type: 'string',
    jsonPath: '.spec.placement.replicaScheduling.replicaDivisionPreference',
    description: 'How Divided divides.',
  },
  {
    name: 'Conflict',
    type: 'string',
    jsonPath: '.spec.conflictResolution',
    priority: 1,
    description: 'Adoption rule.',
  },
  {
    name: 'Reschedule',
    type: 'string',
    jsonPath: '.spec.reschedule.mode',
    priority: 1,
    description: 'What moves what is placed.',
  },
  {
    name: 'Rebalanced',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Rebalanced")].reason',
    priority: 1,
    description: 'How far moving to where it costs less is.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when.' },
] as const

export const propagationPolicyKind = defineKind({
  kind: 'PropagationPolicy',
  plural: 'propagationpolicies',
  namespaced: true,
  shortNames: ['pp'],
  description: 'Which templates of its namespace go to which clusters, and how their replicas divide.',
  spec: propagationSpecSchema,
  status: policyStatusSchema,
  columns,
})

export const clusterPropagationPolicyKind = defineKind({
  kind: 'ClusterPropagationPolicy',
  plural: 'clusterpropagationpolicies',
  namespaced: false,
  shortNames: ['cpp'],
  description: 'Which templates, of any namespace or of none, go to which clusters, and how their replicas divide.',
  spec: propagationSpecSchema,
  status: policyStatusSchema,
  columns,
})

export const propagationPolicyResource = propagationPolicyKind.resource
export const clusterPropagationPolicyResource = clusterPropagationPolicyKind.resource
