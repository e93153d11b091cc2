// Selectors that several kinds share: by labels, of templates, of clusters; taints and tolerations.
import { type ValueOf, choice, integer, list, map, object, optional, text, time } from './field.ts'

const requirementSchema = object('One condition on a label.', {
  key: text('Label key.', { minLength: 1, maxLength: 317 }),
  operator: choice('In and NotIn compare with `values`; Exists and DoesNotExist take none.', [
    'In',
    'NotIn',
    'Exists',
    'DoesNotExist',
  ]),
  values: optional(list('Label values; at least one for In and NotIn, none otherwise.', text('Label value.'))),
})

export function labelSelector(description: string) {
  return object(`${description} All given conditions must hold; an empty selector selects everything.`, {
    matchLabels: optional(map('Labels that must be there with exactly these values.', text('Label value.'))),
    matchExpressions: optional(list('Further conditions, all of which must hold.', requirementSchema)),
  })
}

export type LabelSelector = ValueOf<ReturnType<typeof labelSelector>>

export const resourceSelectorSchema = object(
  'Templates of one kind: one by `name`, some by `labelSelector`, or with neither all of the kind.',
  {
    apiVersion: text('Group and version of the kind, e.g. `apps/v1`; `v1` for the core group.', {
      minLength: 1,
      maxLength: 317,
    }),
    kind: text('Kind, e.g. `Deployment`.', { minLength: 1, maxLength: 63 }),
    namespace: optional(
      text(
        "Only templates of this namespace. A policy that lives in a namespace may only repeat its own. Default: the policy's own namespace; of a cluster-wide policy, all.",
        { minLength: 1, maxLength: 63 },
      ),
    ),
    namespaceSelector: optional(
      labelSelector(
        'Cluster-wide policies only: templates of namespaces with these labels. Not together with `namespace`.',
      ),
    ),
    name: optional(
      text('Only the template of this name. Not together with `labelSelector`.', {
        minLength: 1,
        maxLength: 253,
      }),
    ),
    labelSelector: optional(labelSelector('Only templates with these labels.')),
  },
)

export type ResourceSelector = ValueOf<typeof resourceSelectorSchema>

const fieldRequirementSchema = object('One condition on a field of the cluster.', {
  key: choice("Field of the cluster's spec; a cluster has several zones, of which any may match.", [
    'provider',
    'region',
    'zone',
  ]),
  operator: choice('In and NotIn compare with `values`; Exists and DoesNotExist take none.', [
    'In',
    'NotIn',
    'Exists',
    'DoesNotExist',
  ]),
  values: optional(list('Field values; at least one for In and NotIn, none otherwise.', text('Field value.'))),
})

const fieldSelectorSchema = object('Clusters by where they are; all conditions must hold.', {
  matchExpressions: optional(list('Conditions, all of which must hold.', fieldRequirementSchema)),
})

export type FieldSelector = ValueOf<typeof fieldSelectorSchema>

const affinityProperties = {
  clusterNames: optional(
    list(
      'Only clusters of these names. Default: any name.',
      text('Name of a Cluster.', { minLength: 1, maxLength: 253 }),
      {
        set: true,
      },
    ),
  ),
  exclude: optional(
    list(
      'Never clusters of these names, whatever else selects them.',
      text('Name of a Cluster.', { minLength: 1, maxLength: 253 }),
      {
        set: true,
      },
    ),
  ),
  labelSelector: optional(labelSelector('Only clusters with these labels.')),
  fieldSelector: optional(fieldSelectorSchema),
  expression: optional(
    text(
      'CEL over `cluster` that must be true: its `name`, `id`, `labels`, `provider`, `region`, `zones`, and in `spec.placement.clusterAffinity` also what it reports: `kubernetesVersion`, `nodes.total`, `nodes.ready`, `properties` (lists of values by name). A cluster for which it fails is not selected; what is reported only ever stops growth.',
      { minLength: 1, maxLength: 4096 },
    ),
  ),
}

export function clusterAffinity(description: string) {
  return object(`${description} All given conditions must hold; none given: every cluster.`, affinityProperties)
}

export type ClusterAffinity = ValueOf<ReturnType<typeof clusterAffinity>>

/** A tier of `clusterAffinities`: an affinity with a name. */
export const affinityTermSchema = object('One tier of clusters.', {
  affinityName: text('Name of the tier, unique in the list.', { minLength: 1, maxLength: 32 }),
  ...affinityProperties,
})

export type Tier = ValueOf<typeof affinityTermSchema>

export const taintSchema = object('Keeps workloads that do not tolerate it away.', {
  key: text('What the taint is called, in the syntax of a label key.', { minLength: 1, maxLength: 317 }),
  value: optional(
    text('Value that tolerations may ask for, in the syntax of a label value. Default: empty.', { maxLength: 63 }),
  ),
  effect: choice(
    'NoSchedule: nothing new, what runs stays. PreferNoSchedule: avoid where another cluster does. NoExecute: what runs leaves too.',
    ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
  ),
  timeAdded: optional(time('When the taint was added, RFC 3339. Only a record.')),
})

export type Taint = ValueOf<typeof taintSchema>

export const tolerationSchema = object('Taints that do not matter.', {
  key: optional(text('Taint key. Default: empty, which with Exists means every key.', { maxLength: 317 })),
  operator: optional(
    choice("Equal: key and value are the taint's. Exists: the key is. Default: Equal.", ['Equal', 'Exists']),
  ),
  value: optional(text('Taint value for Equal; must be empty with Exists. Default: empty.', { maxLength: 63 })),
  effect: optional(
    choice('Only taints of this effect. Default: every effect.', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  ),
  tolerationSeconds: optional(
    integer(
      'How long a NoExecute taint is tolerated, seconds; only with effect NoExecute. None: for ever. Of several tolerations of one taint the shortest counts.',
      { minimum: 0 },
    ),
  ),
})

export type Toleration = ValueOf<typeof tolerationSchema>
