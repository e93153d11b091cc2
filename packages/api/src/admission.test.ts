import { FlotillaError } from '@flotilla/machinery/errors'
import { setPath, type PathStep } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { loadCel } from '@flotilla/machinery/cel/program'
import { beforeAll, describe, expect, test } from 'vitest'
import { type AdmissionRequest, admissionRules } from './admission.ts'
import { apiVersion, authorAnnotation } from './group.ts'

const author = { name: 'ann', groups: ['dev'] }

const cluster: KubeObject = {
  apiVersion,
  kind: 'Cluster',
  metadata: { name: 'eu-1' },
  spec: { id: '6f0c', apiEndpoint: 'https://10.0.0.1:6443', secretRef: { name: 'eu-1' } },
}
const policy: KubeObject = {
  apiVersion,
  kind: 'PropagationPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }] },
}
const clusterPolicy: KubeObject = { ...policy, kind: 'ClusterPropagationPolicy', metadata: { name: 'web' } }
const override: KubeObject = {
  apiVersion,
  kind: 'OverridePolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
    overrideRules: [{ overriders: { plaintext: [{ path: '/spec/paused', operator: 'add', value: true }] } }],
  },
}

function admit(object: KubeObject, rest: Partial<AdmissionRequest> = {}) {
  const rule = admissionRules.get(object.kind)
  if (rule === undefined) throw new Error(`no rule for ${object.kind}`)
  return rule.admit({ operation: 'CREATE', object, author, ...rest })
}

/** `FIELD: message` of every cause; none for an object that is admitted. */
function problems(object: KubeObject, rest: Partial<AdmissionRequest> = {}): readonly string[] {
  try {
    admit(object, rest)
    return []
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error
    return (error.details.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
  }
}

/** `a.0.b` → ['a', 0, 'b']. */
function pathOf(text: string): readonly PathStep[] {
  return text.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

interface Row {
  readonly name: string
  readonly path: string
  readonly value: unknown
  /** The field refused and part of the reason. */
  readonly refused: string
  readonly because: RegExp
  readonly of?: KubeObject
}

const later = /this version does not act on it/
const selector = { apiVersion: 'apps/v1', kind: 'Deployment' }
const weighted = (list: unknown) => ({
  replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList: list } },
})
const toA = { targetCluster: { clusterNames: ['a'] } }
const together = (placement: object) => ({ resourceSelectors: [selector], schedulingUnit: 'Together', placement })
const overriders = 'spec.overrideRules.0.overriders'
const field = 'spec.overrideRules[0].overriders'

const policyRows: readonly Row[] = [
  {
    name: 'no selectors',
    path: 'spec.resourceSelectors',
    value: [],
    refused: 'spec.resourceSelectors',
    because: /at least 1/,
  },
  {
    name: 'an unknown enum value',
    path: 'spec.conflictResolution',
    value: 'Perhaps',
    refused: 'spec.conflictResolution',
    because: /supported values: "Abort"/,
  },
  {
    name: 'the same selector twice',
    path: 'spec.resourceSelectors',
    value: [selector, selector],
    refused: 'spec.resourceSelectors[1]',
    because: /Duplicate/,
  },
  {
    name: 'name with labelSelector',
    path: 'spec.resourceSelectors.0.labelSelector',
    value: {},
    refused: 'spec.resourceSelectors[0].labelSelector',
    because: /together with name/,
  },
  {
    name: 'a malformed apiVersion',
    path: 'spec.resourceSelectors.0.apiVersion',
    value: 'apps/v1/x',
    refused: 'spec.resourceSelectors[0].apiVersion',
    because: /GROUP\/VERSION/,
  },
  {
    name: 'a malformed kind',
    path: 'spec.resourceSelectors.0.kind',
    value: 'deployments',
    refused: 'spec.resourceSelectors[0].kind',
    because: /CamelCase/,
  },
  {
    name: 'kinds that are never templates',
    path: 'spec.resourceSelectors.0',
    value: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    refused: 'spec.resourceSelectors[0]',
    because: /never propagated/,
  },
  {
    name: 'our own kinds',
    path: 'spec.resourceSelectors.0',
    value: { apiVersion, kind: 'Cluster' },
    refused: 'spec.resourceSelectors[0]',
    because: /never propagated/,
  },
  {
    name: 'another namespace',
    path: 'spec.resourceSelectors.0.namespace',
    value: 'other',
    refused: 'spec.resourceSelectors[0].namespace',
    because: /own namespace, shop/,
  },
  {
    name: 'namespaceSelector',
    path: 'spec.resourceSelectors.0.namespaceSelector',
    value: {},
    refused: 'spec.resourceSelectors[0].namespaceSelector',
    because: /only cluster-wide/,
  },
  {
    name: 'cluster-scoped kinds',
    path: 'spec.resourceSelectors.0',
    value: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
    refused: 'spec.resourceSelectors[0].kind',
    because: /cluster-scoped/,
  },
  {
    name: "a namespace that is Kubernetes' own",
    path: 'metadata.namespace',
    value: 'kube-system',
    refused: 'metadata.namespace',
    because: /ever propagated/,
  },
  {
    name: 'a malformed label selector',
    path: 'spec.resourceSelectors.0',
    value: { ...selector, labelSelector: { matchLabels: { 'a b': 'c' } } },
    refused: 'spec.resourceSelectors[0].labelSelector',
    because: /a b/,
  },
  {
    name: 'an In without values',
    path: 'spec.resourceSelectors.0',
    value: { ...selector, labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    refused: 'spec.resourceSelectors[0].labelSelector',
    because: /values set can't be empty/,
  },
  {
    name: 'an empty list of cluster names',
    path: 'spec.placement',
    value: { clusterAffinity: { clusterNames: [] } },
    refused: 'spec.placement.clusterAffinity.clusterNames',
    because: /leave it out/,
  },
  {
    name: 'a cluster both named and excluded',
    path: 'spec.placement',
    value: { clusterAffinity: { clusterNames: ['a'], exclude: ['a'] } },
    refused: 'spec.placement.clusterAffinity.clusterNames[0]',
    because: /contradicts/,
  },
  {
    name: 'a malformed cluster name',
    path: 'spec.placement',
    value: { clusterAffinity: { clusterNames: ['A_'] } },
    refused: 'spec.placement.clusterAffinity.clusterNames[0]',
    because: /lowercase/,
  },
  {
    name: 'a field In without values',
    path: 'spec.placement',
    value: { clusterAffinity: { fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In' }] } } },
    refused: 'spec.placement.clusterAffinity.fieldSelector.matchExpressions[0].values',
    because: /Required/,
  },
  {
    name: 'a field Exists with values',
    path: 'spec.placement',
    value: {
      clusterAffinity: { fieldSelector: { matchExpressions: [{ key: 'region', operator: 'Exists', values: ['a'] }] } },
    },
    refused: 'spec.placement.clusterAffinity.fieldSelector.matchExpressions[0].values',
    because: /takes no values/,
  },
  {
    name: 'CEL that does not compile',
    path: 'spec.placement',
    value: { clusterAffinity: { expression: 'cluster.region ==' } },
    refused: 'spec.placement.clusterAffinity.expression',
    because: /found end of input|expecting/,
  },
  {
    name: 'CEL over what there is not',
    path: 'spec.placement',
    value: { clusterAffinity: { expression: 'object.spec == 1' } },
    refused: 'spec.placement.clusterAffinity.expression',
    because: /there is no variable object; there are cluster/,
  },
  {
    name: 'weights that depend on what members report',
    path: 'spec.placement',
    value: {
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        weightPreference: {
          staticWeightList: [{ targetCluster: { expression: 'cluster.nodes.ready > 3' }, weight: 1 }],
        },
      },
    },
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList[0].targetCluster.expression',
    because: /may depend on what members report, such as cluster.nodes: go by labels here/,
  },
  {
    name: 'a toleration of nothing',
    path: 'spec.placement',
    value: { clusterTolerations: [{}] },
    refused: 'spec.placement.clusterTolerations[0].operator',
    because: /must be Exists/,
  },
  {
    name: 'a toleration Exists with a value',
    path: 'spec.placement',
    value: { clusterTolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
    refused: 'spec.placement.clusterTolerations[0].value',
    because: /must be empty/,
  },
  {
    name: 'tolerationSeconds of an effect that makes nothing leave',
    path: 'spec.placement',
    value: { clusterTolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 1 }] },
    refused: 'spec.placement.clusterTolerations[0].tolerationSeconds',
    because: /only with effect NoExecute/,
  },
  {
    name: 'dynamicWeight together with staticWeightList',
    path: 'spec.placement',
    value: {
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        weightPreference: { dynamicWeight: 'AvailableReplicas', staticWeightList: [{ ...toA, weight: 1 }] },
      },
    },
    refused: 'spec.placement.replicaScheduling.weightPreference.dynamicWeight',
    because: /not together with staticWeightList/,
  },
  {
    name: 'dynamicWeight with Aggregated',
    path: 'spec.placement',
    value: {
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Aggregated',
        weightPreference: { dynamicWeight: 'AvailableReplicas' },
      },
    },
    refused: 'spec.placement.replicaScheduling.weightPreference',
    because: /only with replicaDivisionPreference Weighted, not Aggregated/,
  },
  {
    name: 'two spread constraints over the same field',
    path: 'spec.placement',
    value: { spreadConstraints: [{ spreadByField: 'region' }, { spreadByField: 'region', maxGroups: 2 }] },
    refused: 'spec.placement.spreadConstraints[1].spreadByField',
    because: /spec.placement.spreadConstraints\[0\] spreads over region already: make one of the two/,
  },
  {
    name: 'two spread constraints over the same label',
    path: 'spec.placement',
    value: { spreadConstraints: [{ spreadByLabel: 'rack' }, { spreadByLabel: 'rack' }] },
    refused: 'spec.placement.spreadConstraints[1].spreadByLabel',
    because: /spreads over rack already/,
  },
  {
    name: 'minGroups of regions above maxGroups of clusters',
    path: 'spec.placement',
    value: {
      spreadConstraints: [
        { spreadByField: 'region', minGroups: 3 },
        { spreadByField: 'cluster', maxGroups: 2 },
      ],
    },
    refused: 'spec.placement.spreadConstraints[0].minGroups',
    because: /contradicts spec.placement.spreadConstraints\[1\].maxGroups, 2: a cluster is in one region only/,
  },
  {
    name: 'minGroups of regions above maxGroups of zones, in any order',
    path: 'spec.placement',
    value: {
      spreadConstraints: [
        { spreadByField: 'zone', maxGroups: 2 },
        { spreadByField: 'region', minGroups: 3 },
      ],
    },
    refused: 'spec.placement.spreadConstraints[1].minGroups',
    because: /contradicts spec.placement.spreadConstraints\[0\].maxGroups, 2: a zone is in one region only/,
  },
  {
    name: 'a share of racks that maxGroups of clusters cannot fill',
    path: 'spec.placement',
    value: {
      ...weighted([{ ...toA, weight: 1 }]),
      spreadConstraints: [
        { spreadByLabel: 'rack', maxSharePercent: 30 },
        { spreadByField: 'cluster', maxGroups: 2 },
      ],
    },
    refused: 'spec.placement.spreadConstraints[0].maxSharePercent',
    because: /contradicts .*\[1\].maxGroups, 2: a cluster is in one rack only; together they leave 40 % of/,
  },
  {
    name: 'maxSkew of two constraints',
    path: 'spec.placement',
    value: {
      ...weighted([{ ...toA, weight: 1 }]),
      spreadConstraints: [
        { spreadByField: 'region', maxSkew: 1 },
        { spreadByField: 'cluster', maxSkew: 2 },
      ],
    },
    refused: 'spec.placement.spreadConstraints[1].maxSkew',
    because: /not together with spec.placement.spreadConstraints\[0\].maxSkew/,
  },
  {
    name: 'a spread constraint over nothing',
    path: 'spec.placement',
    value: { spreadConstraints: [{ minGroups: 2 }] },
    refused: 'spec.placement.spreadConstraints[0].spreadByField',
    because: /either this or spreadByLabel/,
  },
  {
    name: 'spread by field and label at once',
    path: 'spec.placement',
    value: { spreadConstraints: [{ spreadByField: 'region', spreadByLabel: 'rack' }] },
    refused: 'spec.placement.spreadConstraints[0].spreadByLabel',
    because: /not together with spreadByField, region/,
  },
  {
    name: 'spread with Counts',
    path: 'spec.placement',
    value: {
      spreadConstraints: [{ spreadByField: 'region' }],
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Counts',
        counts: [{ ...toA, replicas: 1 }],
      },
    },
    refused: 'spec.placement.spreadConstraints',
    because: /contradicts replicaDivisionPreference Counts/,
  },
  {
    name: 'maxSkew with Aggregated',
    path: 'spec.placement',
    value: {
      spreadConstraints: [{ spreadByField: 'region', maxSkew: 1 }],
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
    },
    refused: 'spec.placement.spreadConstraints[0].maxSkew',
    because: /only with replicaDivisionPreference Weighted, not Aggregated/,
  },
  {
    name: 'maxSharePercent with Duplicated',
    path: 'spec.placement',
    value: { spreadConstraints: [{ spreadByField: 'region', maxSharePercent: 50 }] },
    refused: 'spec.placement.spreadConstraints[0].maxSharePercent',
    because: /only with replicaSchedulingType Divided/,
  },
  {
    name: 'maxSharePercent that maxGroups cannot fill',
    path: 'spec.placement',
    value: {
      ...weighted([{ ...toA, weight: 1 }]),
      spreadConstraints: [{ spreadByField: 'region', maxGroups: 2, maxSharePercent: 40 }],
    },
    refused: 'spec.placement.spreadConstraints[0].maxSharePercent',
    because: /contradicts maxGroups, 2: together they leave 20 % of the replicas/,
  },
  {
    name: 'minGroups above maxGroups',
    path: 'spec.placement',
    value: { spreadConstraints: [{ spreadByField: 'region', minGroups: 3, maxGroups: 2 }] },
    refused: 'spec.placement.spreadConstraints[0].minGroups',
    because: /above maxGroups, 2/,
  },
  {
    name: 'clusterAffinities together with clusterAffinity',
    path: 'spec.placement',
    value: { clusterAffinities: [{ affinityName: 'a' }], clusterAffinity: { clusterNames: ['a'] } },
    refused: 'spec.placement.clusterAffinities',
    because: /not together with clusterAffinity/,
  },
  {
    name: 'clusterAffinities together with spreadConstraints',
    path: 'spec.placement',
    value: { clusterAffinities: [{ affinityName: 'a' }], spreadConstraints: [{ spreadByField: 'region' }] },
    refused: 'spec.placement.clusterAffinities',
    because: /not together with spreadConstraints/,
  },
  {
    name: 'clusterAffinities with Counts',
    path: 'spec.placement',
    value: {
      clusterAffinities: [{ affinityName: 'a' }],
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Counts',
        counts: [{ ...toA, replicas: 1 }],
      },
    },
    refused: 'spec.placement.clusterAffinities',
    because: /contradicts replicaDivisionPreference Counts/,
  },
  {
    name: 'two tiers of one name',
    path: 'spec.placement',
    value: { clusterAffinities: [{ affinityName: 'a' }, { affinityName: 'a', clusterNames: ['b'] }] },
    refused: 'spec.placement.clusterAffinities[1].affinityName',
    because: /[Dd]uplicate/,
  },
  {
    name: 'a tier that contradicts itself',
    path: 'spec.placement',
    value: { clusterAffinities: [{ affinityName: 'a', clusterNames: ['b'], exclude: ['b'] }] },
    refused: 'spec.placement.clusterAffinities[0].clusterNames[0]',
    because: /contradicts/,
  },
  {
    name: 'compliance that asks for nothing',
    path: 'spec.placement',
    value: { compliance: {} },
    refused: 'spec.placement.compliance.jurisdictions',
    because: /say one of jurisdictions, certifications, dataClasses, or leave it out/,
  },
  {
    name: 'one of no jurisdictions',
    path: 'spec.placement',
    value: { compliance: { jurisdictions: [] } },
    refused: 'spec.placement.compliance.jurisdictions',
    because: /at least 1 items/,
  },
  {
    name: 'a certification that no label can name',
    path: 'spec.placement',
    value: { compliance: { certifications: ['pci dss'] } },
    refused: 'spec.placement.compliance.certifications[0]',
    because: /name part/,
  },
  {
    name: 'workloadAffinity that asks for nothing',
    path: 'spec.placement',
    value: { workloadAffinity: {} },
    refused: 'spec.placement.workloadAffinity.affinity',
    because: /say one of affinity, antiAffinity, preferredAffinity, preferredAntiAffinity, or leave it out/,
  },
  {
    name: 'affinity to nobody in particular',
    path: 'spec.placement',
    value: { workloadAffinity: { affinity: {} } },
    refused: 'spec.placement.workloadAffinity.affinity.groupByLabelKey',
    because: /either this or labelSelector/,
  },
  {
    name: 'affinity to an empty selector',
    path: 'spec.placement',
    value: { workloadAffinity: { antiAffinity: { labelSelector: { matchLabels: {} } } } },
    refused: 'spec.placement.workloadAffinity.antiAffinity.labelSelector',
    because: /would mean every workload of the namespace: say which/,
  },
  {
    name: 'affinity to a group and a selector',
    path: 'spec.placement',
    value: { workloadAffinity: { affinity: { groupByLabelKey: 'a', labelSelector: { matchLabels: { a: 'b' } } } } },
    refused: 'spec.placement.workloadAffinity.affinity.labelSelector',
    because: /not together with groupByLabelKey/,
  },
  {
    name: 'affinity to a malformed selector',
    path: 'spec.placement',
    value: { workloadAffinity: { affinity: { labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } } },
    refused: 'spec.placement.workloadAffinity.affinity.labelSelector',
    because: /values/,
  },
  {
    name: 'affinity to a key that is no label key',
    path: 'spec.placement',
    value: { workloadAffinity: { affinity: { groupByLabelKey: 'a b' } } },
    refused: 'spec.placement.workloadAffinity.affinity.groupByLabelKey',
    because: /name part/,
  },
  {
    name: 'affinity in two kinds of places',
    path: 'spec.placement',
    value: {
      workloadAffinity: { affinity: { groupByLabelKey: 'a', topologyField: 'region', topologyLabel: 'rack' } },
    },
    refused: 'spec.placement.workloadAffinity.affinity.topologyLabel',
    because: /not together with topologyField, region/,
  },
  {
    name: 'affinity and antiAffinity to one group',
    path: 'spec.placement',
    value: {
      workloadAffinity: {
        affinity: { labelSelector: { matchLabels: { a: 'b' } } },
        antiAffinity: {
          labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
          topologyField: 'region',
        },
      },
    },
    refused: 'spec.placement.workloadAffinity.antiAffinity',
    because: /contradicts spec.placement.workloadAffinity.affinity/,
  },
  {
    name: 'a preference for the group that must be avoided',
    path: 'spec.placement',
    value: {
      workloadAffinity: { antiAffinity: { groupByLabelKey: 'a' }, preferredAffinity: { groupByLabelKey: 'a' } },
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
    },
    refused: 'spec.placement.workloadAffinity.antiAffinity',
    because: /contradicts spec.placement.workloadAffinity.preferredAffinity/,
  },
  {
    name: 'a preference with static weights',
    path: 'spec.placement',
    value: {
      workloadAffinity: { preferredAffinity: { groupByLabelKey: 'a' } },
      replicaScheduling: { replicaSchedulingType: 'Divided' },
    },
    refused: 'spec.placement.workloadAffinity.preferredAffinity',
    because: /only with replicaDivisionPreference Aggregated or with dynamicWeight, not Weighted/,
  },
  {
    name: 'a preference with copies everywhere',
    path: 'spec.placement',
    value: { workloadAffinity: { preferredAntiAffinity: { groupByLabelKey: 'a' } } },
    refused: 'spec.placement.workloadAffinity.preferredAntiAffinity',
    because: /not Duplicated/,
  },
  {
    name: 'a preference with spread constraints',
    path: 'spec.placement',
    value: {
      workloadAffinity: { preferredAntiAffinity: { groupByLabelKey: 'a' } },
      spreadConstraints: [{ spreadByField: 'region' }],
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
    },
    refused: 'spec.placement.workloadAffinity.preferredAntiAffinity',
    because: /not together with spreadConstraints/,
  },
  {
    name: 'affinity in a zone and antiAffinity in its region',
    path: 'spec.placement',
    value: {
      workloadAffinity: {
        affinity: { groupByLabelKey: 'a', topologyField: 'zone' },
        antiAffinity: { groupByLabelKey: 'a', topologyField: 'region' },
      },
    },
    refused: 'spec.placement.workloadAffinity.antiAffinity',
    because: /contradicts/,
  },
  {
    name: 'schedulingUnit Together with counts',
    path: 'spec',
    value: together({
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Counts',
        counts: [{ targetCluster: {}, replicas: 2 }],
      },
    }),
    refused: 'spec.placement.replicaScheduling.counts',
    because: /schedulingUnit Together, whose workloads go whole/,
  },
  ...['minReplicas', 'maxReplicas'].map((bound) => ({
    name: `schedulingUnit Together with ${bound}`,
    path: 'spec',
    value: together({
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        weightPreference: { staticWeightList: [{ targetCluster: {}, weight: 1, [bound]: 2 }] },
      },
    }),
    refused: `spec.placement.replicaScheduling.weightPreference.staticWeightList[0].${bound}`,
    because: /schedulingUnit Together, whose workloads go whole/,
  })),
  {
    name: 'schedulingUnit Together, Divided over several groups',
    path: 'spec',
    value: together({
      replicaScheduling: { replicaSchedulingType: 'Divided' },
      spreadConstraints: [{ spreadByField: 'region', minGroups: 2 }],
    }),
    refused: 'spec.placement.spreadConstraints[0].minGroups',
    because: /schedulingUnit Together, which with Divided goes to one cluster/,
  },
  {
    name: 'schedulingUnit Together with workloadAffinity',
    path: 'spec',
    value: together({ workloadAffinity: { affinity: { groupByLabelKey: 'a' } } }),
    refused: 'spec.placement.workloadAffinity',
    because: /schedulingUnit Together, which keeps its workloads together already/,
  },
  {
    name: 'recreatePolicy OnImmutableChange',
    path: 'spec.recreatePolicy',
    value: 'OnImmutableChange',
    refused: 'spec.recreatePolicy',
    because: later,
  },
  {
    name: 'a priority class beside those of pods',
    path: 'spec.schedulePriority',
    value: { priorityClassSource: 'PodPriorityClass', priorityClassName: 'gold' },
    refused: 'spec.schedulePriority.priorityClassName',
    because: /not together with priorityClassSource PodPriorityClass/,
  },
  {
    name: 'a priority class of no possible name',
    path: 'spec.schedulePriority',
    value: { priorityClassName: 'Gold!' },
    refused: 'spec.schedulePriority.priorityClassName',
    because: /lowercase/i,
  },
  {
    name: 'preemption where room bounds nothing',
    path: 'spec.schedulePriority',
    value: { preemptionPolicy: 'PreemptLowerPriority' },
    refused: 'spec.schedulePriority.preemptionPolicy',
    because: /only where free room bounds the placement: set dynamicWeight/,
  },
  {
    name: 'a source of priority classes that is not there',
    path: 'spec.schedulePriority',
    value: { priorityClassSource: 'FederatedPriorityClass', priorityClassName: 'gold' },
    refused: 'spec.schedulePriority.priorityClassSource',
    because: /KubePriorityClass/,
  },
  {
    name: 'old copies that stay',
    path: 'spec.failover',
    value: { cluster: { purgeMode: 'Never' } },
    refused: 'spec.failover.cluster.purgeMode',
    because: /tolerate flotilla.dev\/unreachable in spec.placement.clusterTolerations/,
  },
  {
    name: 'a grace period of copies that go at once',
    path: 'spec.failover',
    value: { cluster: { purgeMode: 'Directly', gracePeriodSeconds: 60 } },
    refused: 'spec.failover.cluster.gracePeriodSeconds',
    because: /Directly waits for nothing/,
  },
  {
    name: 'a division without Divided',
    path: 'spec.placement',
    value: { replicaScheduling: { replicaDivisionPreference: 'Weighted' } },
    refused: 'spec.placement.replicaScheduling.replicaDivisionPreference',
    because: /only with replicaSchedulingType Divided/,
  },
  {
    name: 'Counts without counts',
    path: 'spec.placement',
    value: { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Counts' } },
    refused: 'spec.placement.replicaScheduling.counts',
    because: /at least one/,
  },
  {
    name: 'weights with Counts',
    path: 'spec.placement',
    value: {
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Counts',
        counts: [{ ...toA, replicas: 1 }],
        weightPreference: {},
      },
    },
    refused: 'spec.placement.replicaScheduling.weightPreference',
    because: /only with replicaDivisionPreference Weighted/,
  },
  {
    name: 'counts with Weighted',
    path: 'spec.placement',
    value: { replicaScheduling: { replicaSchedulingType: 'Divided', counts: [{ ...toA, replicas: 1 }] } },
    refused: 'spec.placement.replicaScheduling.counts',
    because: /only with replicaDivisionPreference Counts/,
  },
  {
    name: 'a negative weight',
    path: 'spec.placement',
    value: weighted([{ ...toA, weight: -1 }]),
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList[0].weight',
    because: /greater than or equal to 0/,
  },
  {
    name: 'weights that are all 0',
    path: 'spec.placement',
    value: weighted([{ ...toA, weight: 0 }]),
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList',
    because: /gives no cluster a weight/,
  },
  {
    name: 'an empty weight list',
    path: 'spec.placement',
    value: weighted([]),
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList',
    because: /gives no cluster a weight/,
  },
  {
    name: 'minReplicas above maxReplicas',
    path: 'spec.placement',
    value: weighted([{ ...toA, weight: 1, minReplicas: 3, maxReplicas: 2 }]),
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList[0].minReplicas',
    because: /above maxReplicas, 2/,
  },
  {
    name: 'the same target twice',
    path: 'spec.placement',
    value: weighted([
      { ...toA, weight: 1 },
      { ...toA, weight: 2 },
    ]),
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList[1].targetCluster',
    because: /Duplicate/,
  },
  {
    name: 'a weight of a cluster that the affinity rules out',
    path: 'spec.placement',
    value: { ...weighted([{ ...toA, weight: 1 }]), clusterAffinity: { exclude: ['a'] } },
    refused: 'spec.placement.replicaScheduling.weightPreference.staticWeightList[0].targetCluster.clusterNames[0]',
    because: /contradicts/,
  },
  {
    name: 'both kinds of suspension',
    path: 'spec.suspension',
    value: { dispatching: true, dispatchingOnClusters: { clusterNames: ['a'] } },
    refused: 'spec.suspension.dispatchingOnClusters',
    because: /every cluster already/,
  },
  {
    name: 'a malformed field path',
    path: 'spec.drift',
    value: { ignoreFields: ['spec..replicas'] },
    refused: 'spec.drift.ignoreFields[0]',
    because: /must be a path/,
  },
  {
    name: 'namespace with namespaceSelector',
    path: 'spec.resourceSelectors.0',
    value: { ...selector, namespace: 'a', namespaceSelector: {} },
    refused: 'spec.resourceSelectors[0].namespaceSelector',
    because: /together with namespace/,
    of: clusterPolicy,
  },
  {
    name: 'a reserved namespace',
    path: 'spec.resourceSelectors.0.namespace',
    value: 'flotilla-system',
    refused: 'spec.resourceSelectors[0].namespace',
    because: /ever propagated/,
    of: clusterPolicy,
  },
]

const overrideRows: readonly Row[] = [
  { name: 'no rules', path: 'spec.overrideRules', value: [], refused: 'spec.overrideRules', because: /at least 1/ },
  { name: 'no overriders', path: overriders, value: {}, refused: field, because: /at least one overrider/ },
  {
    name: 'RBAC kinds in a namespace',
    path: 'spec.resourceSelectors.0',
    value: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
    refused: 'spec.resourceSelectors[0].kind',
    because: /only a ClusterOverridePolicy/,
  },
  {
    name: 'an image without a value',
    path: overriders,
    value: { imageOverrider: [{ component: 'Tag', operator: 'replace' }] },
    refused: `${field}.imageOverrider[0].value`,
    because: /needs one/,
  },
  {
    name: 'an image removal with a value',
    path: overriders,
    value: { imageOverrider: [{ component: 'Tag', operator: 'remove', value: 'x' }] },
    refused: `${field}.imageOverrider[0].value`,
    because: /takes no value/,
  },
  {
    name: 'a predicate that is no pointer',
    path: overriders,
    value: { imageOverrider: [{ component: 'Tag', operator: 'remove', predicate: { path: 'spec' } }] },
    refused: `${field}.imageOverrider[0].predicate.path`,
    because: /JSON pointer/,
  },
  {
    name: 'an unknown operator',
    path: overriders,
    value: { argsOverrider: [{ containerName: 'a', operator: 'replace', value: ['x'] }] },
    refused: `${field}.argsOverrider[0].operator`,
    because: /supported values: "add", "remove"/,
  },
  {
    name: 'an environment variable twice',
    path: overriders,
    value: { envOverrider: [{ containerName: 'a', operator: 'add', value: [{ name: 'A' }, { name: 'A' }] }] },
    refused: `${field}.envOverrider[0].value[1].name`,
    because: /Duplicate/,
  },
  {
    name: 'value with valueFrom',
    path: overriders,
    value: {
      envOverrider: [{ containerName: 'a', operator: 'add', value: [{ name: 'A', value: 'x', valueFrom: {} }] }],
    },
    refused: `${field}.envOverrider[0].value[0].valueFrom`,
    because: /together/,
  },
  {
    name: 'a port replaced without a name',
    path: overriders,
    value: { portOverrider: [{ containerName: 'a', operator: 'replace', value: [{ containerPort: 80 }] }] },
    refused: `${field}.portOverrider[0].value[0].name`,
    because: /finds the port/,
  },
  {
    name: 'a port out of range',
    path: overriders,
    value: { portOverrider: [{ containerName: 'a', operator: 'add', value: [{ containerPort: 70000 }] }] },
    refused: `${field}.portOverrider[0].value[0].containerPort`,
    because: /less than or equal to 65535/,
  },
  {
    name: 'a malformed quantity',
    path: overriders,
    value: { resourcesOverrider: [{ containerName: 'a', operator: 'add', value: { limits: { cpu: '1x' } } }] },
    refused: `${field}.resourcesOverrider[0].value.limits[cpu]`,
    because: /quantities must match/,
  },
  {
    name: 'no resources',
    path: overriders,
    value: { resourcesOverrider: [{ containerName: 'a', operator: 'add', value: {} }] },
    refused: `${field}.resourcesOverrider[0].value`,
    because: /at least one/,
  },
  {
    name: 'our labels',
    path: overriders,
    value: { labelsOverrider: [{ operator: 'remove', value: { 'flotilla.dev/hub': '' } }] },
    refused: `${field}.labelsOverrider[0].value[flotilla.dev/hub]`,
    because: /our own/,
  },
  {
    name: 'a malformed label value',
    path: overriders,
    value: { labelsOverrider: [{ operator: 'add', value: { a: 'b c' } }] },
    refused: `${field}.labelsOverrider[0].value[a]`,
    because: /alphanumeric/,
  },
  {
    name: 'our annotations',
    path: overriders,
    value: { annotationsOverrider: [{ operator: 'add', value: { 'x.flotilla.dev/y': '' } }] },
    refused: `${field}.annotationsOverrider[0].value[x.flotilla.dev/y]`,
    because: /our own/,
  },
  {
    name: 'the identity',
    path: `${overriders}.plaintext.0.path`,
    value: '/metadata/name',
    refused: `${field}.plaintext[0].path`,
    because: /cannot be overridden/,
  },
  {
    name: 'all of the metadata',
    path: `${overriders}.plaintext.0.path`,
    value: '/metadata',
    refused: `${field}.plaintext[0].path`,
    because: /cannot be overridden/,
  },
  {
    name: 'our labels by patch',
    path: `${overriders}.plaintext.0.path`,
    value: '/metadata/labels/flotilla.dev~1hub',
    refused: `${field}.plaintext[0].path`,
    because: /our own/,
  },
  {
    name: 'our labels in a patched map',
    path: `${overriders}.plaintext.0`,
    value: { path: '/metadata/labels', operator: 'add', value: { 'flotilla.dev/hub': 'x' } },
    refused: `${field}.plaintext[0].path`,
    because: /our own/,
  },
  {
    name: 'a patch that is no pointer',
    path: `${overriders}.plaintext.0.path`,
    value: 'spec',
    refused: `${field}.plaintext[0].path`,
    because: /JSON pointer/,
  },
  {
    name: 'a patch without a value',
    path: `${overriders}.plaintext.0`,
    value: { path: '/spec/paused', operator: 'replace' },
    refused: `${field}.plaintext[0].value`,
    because: /needs one/,
  },
  {
    name: 'fieldOverrider',
    path: `${overriders}.fieldOverrider`,
    value: [{ fieldPath: '/data/x' }],
    refused: `${field}.fieldOverrider`,
    because: later,
  },
  {
    name: 'an unknown variable',
    path: `${overriders}.plaintext.0.value`,
    value: '${cluster.colour}',
    refused: `${field}.plaintext[0].value`,
    because: /is not known/,
  },
]

const clusterRows: readonly Row[] = [
  { name: 'a name that is no label', path: 'metadata.name', value: 'eu.1', refused: 'metadata.name', because: /dots/ },
  { name: 'a malformed id', path: 'spec.id', value: '../x', refused: 'spec.id', because: /UID/ },
  { name: 'mode Tunnel', path: 'spec.mode', value: 'Tunnel', refused: 'spec.mode', because: later },
  { name: 'no endpoint', path: 'spec.apiEndpoint', value: undefined, refused: 'spec.apiEndpoint', because: /Required/ },
  { name: 'no credentials', path: 'spec.secretRef', value: undefined, refused: 'spec.secretRef', because: /Required/ },
  {
    name: 'credentials elsewhere',
    path: 'spec.secretRef.namespace',
    value: 'default',
    refused: 'spec.secretRef.namespace',
    because: /flotilla-system/,
  },
  {
    name: 'PreferNoSchedule',
    path: 'spec.taints',
    value: [{ key: 'a', effect: 'PreferNoSchedule' }],
    refused: 'spec.taints[0].effect',
    because: later,
  },
  {
    name: 'an unknown effect',
    path: 'spec.taints',
    value: [{ key: 'a', effect: 'Never' }],
    refused: 'spec.taints[0].effect',
    because: /supported values/,
  },
  {
    name: 'the same taint twice',
    path: 'spec.taints',
    value: [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'a', effect: 'NoSchedule' },
    ],
    refused: 'spec.taints[1]',
    because: /Duplicate/,
  },
  {
    name: 'a malformed taint key',
    path: 'spec.taints',
    value: [{ key: 'a b', effect: 'NoSchedule' }],
    refused: 'spec.taints[0].key',
    because: /alphanumeric/,
  },
  ...['http://10.0.0.1', 'ftp://10.0.0.1'].map((value) => endpoint(value, /https/)),
  ...['not a url', '10.0.0.1:6443', 'https://'].map((value) => endpoint(value, /must/)),
  endpoint('https://user:secret@10.0.0.1', /user name or password/),
  ...['https://10.0.0.1?x', 'https://10.0.0.1/#x'].map((value) => endpoint(value, /query/)),
  ...['https://10.0.0.1/../x', 'https://10.0.0.1/%2e%2e', 'https://10.0.0.1//x', 'https:\\\\10.0.0.1'].map((value) =>
    endpoint(value, /must not hold/),
  ),
  ...[
    'https://127.0.0.1',
    'https://localhost:6443',
    'https://x.localhost',
    'https://[::1]',
    'https://2130706433',
    'https://0x7f.1',
    'https://[::ffff:127.0.0.1]',
    'https://localhost.',
  ].map((value) => endpoint(value, /hub's own machine/)),
  ...['https://169.254.169.254', 'https://[fe80::1]', 'https://[::ffff:169.254.1.1]'].map((value) =>
    endpoint(value, /link-local/),
  ),
  ...['https://metadata.google.internal', 'https://100.100.100.200', 'https://[fd00:ec2::254]'].map((value) =>
    endpoint(value, /metadata service/),
  ),
  ...['https://0.0.0.0', 'https://[::]'].map((value) => endpoint(value, /unspecified/)),
]

function endpoint(value: string, because: RegExp): Row {
  return { name: `endpoint ${value}`, path: 'spec.apiEndpoint', value, refused: 'spec.apiEndpoint', because }
}

beforeAll(loadCel)

describe.each([
  ['PropagationPolicy', policy, policyRows],
  ['OverridePolicy', override, overrideRows],
  ['Cluster', cluster, clusterRows],
] as const)('admit() of a %s', (_, base, rows) => {
  test('takes the example', () => {
    expect(problems(base)).toEqual([])
  })

  test.each(rows)('refuses $name', ({ path, value, refused, because, of = base }) => {
    const causes = problems(setPath(of, pathOf(path), value))
    const named = causes.filter((cause) => cause.startsWith(`${refused}: `))
    expect((named.length > 0 ? named : causes).join('\n')).toMatch(because)
    expect(named).not.toEqual([])
  })
})

describe('admit()', () => {
  test('takes everything that this version acts on', () => {
    const spec = {
      resourceSelectors: [{ ...selector, labelSelector: { matchLabels: { app: 'web' } } }],
      priority: 10,
      schedulePriority: { priorityClassName: 'gold' },
      propagateDeps: false,
      placement: {
        clusterAffinity: {
          exclude: ['b'],
          labelSelector: { matchLabels: { env: 'prod' } },
          fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['eu'] }] },
        },
        clusterTolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }],
        ...weighted([{ ...toA, weight: 3, minReplicas: 1, maxReplicas: 20 }]),
        partialPlacement: 'Allow',
      },
      conflictResolution: 'Overwrite',
      drift: { mode: 'Report', ignoreFields: ['spec.replicas', 'metadata.labels[a.b/c]'] },
      suspension: { dispatchingOnClusters: { clusterNames: ['eu-2'] } },
      preserveResourcesOnDeletion: true,
      massRemoval: 'Allow',
      recreatePolicy: 'Never',
      schedulingUnit: 'Workload',
    }
    expect(problems({ ...policy, spec })).toEqual([])
    const anywhere = { ...selector, namespaceSelector: { matchLabels: { team: 'a' } } }
    expect(problems({ ...clusterPolicy, spec: { ...spec, resourceSelectors: [anywhere] } })).toEqual([])
  })

  test.each([
    ['dynamic weights', { weightPreference: { dynamicWeight: 'AvailableReplicas' } }],
    ['Aggregated', { replicaDivisionPreference: 'Aggregated' }],
    [
      'Weighted over regions',
      {},
      { spreadByField: 'region', minGroups: 2, maxGroups: 3, maxSkew: 1, maxSharePercent: 60 },
    ],
    [
      'Aggregated over a label',
      { replicaDivisionPreference: 'Aggregated' },
      { spreadByLabel: 'a.b/rack', maxGroups: 2 },
    ],
    [
      'Weighted over regions and clusters',
      {},
      { spreadByField: 'region', minGroups: 2, maxGroups: 2, maxSkew: 1 },
      { spreadByField: 'cluster', minGroups: 2, maxGroups: 4, maxSharePercent: 25 },
    ],
    [
      'Weighted over what only clusters can show to nest',
      {},
      { spreadByField: 'region', minGroups: 3 },
      { spreadByLabel: 'rack', maxGroups: 2 },
      { spreadByField: 'provider', maxGroups: 2 },
    ],
  ])('takes %s', (_, division, ...spreadConstraints) => {
    const placement = { replicaScheduling: { replicaSchedulingType: 'Divided', ...division }, spreadConstraints }
    expect(problems(setPath(policy, pathOf('spec.placement'), placement))).toEqual([])
  })

  test('takes partialPlacement Deny', () => {
    expect(problems(setPath(policy, pathOf('spec.placement'), { partialPlacement: 'Deny' }))).toEqual([])
  })

  test('takes tiers', () => {
    const clusterAffinities = [
      { affinityName: 'home', labelSelector: { matchLabels: { site: 'home' } } },
      { affinityName: 'cloud' },
    ]
    expect(problems(setPath(policy, pathOf('spec.placement'), { clusterAffinities }))).toEqual([])
  })

  test('fills in defaults', () => {
    expect(admit(policy).object['spec']).toMatchObject({
      priority: 0,
      propagateDeps: true,
      conflictResolution: 'IfIdentical',
      schedulingUnit: 'Workload',
      placement: { partialPlacement: 'Allow', replicaScheduling: { replicaSchedulingType: 'Duplicated' } },
    })
  })

  test('names what is invalid, by field, and shows no password', () => {
    const bad = setPath(cluster, pathOf('spec.apiEndpoint'), 'https://ann:secret@10.0.0.1')
    expect(() => admit(bad)).toThrow(/Cluster.flotilla.dev "eu-1" is invalid: spec.apiEndpoint/)
    expect(problems(bad).join()).not.toContain('secret')
  })

  test('takes loopback endpoints where they are allowed, and never metadata services', () => {
    const at = (url: string) => setPath(cluster, pathOf('spec.apiEndpoint'), url)
    expect(problems(at('https://127.0.0.1:6443'), { allowLoopbackEndpoints: true })).toEqual([])
    expect(problems(at('https://localhost:6443'), { allowLoopbackEndpoints: true })).toEqual([])
    expect(problems(at('https://169.254.169.254'), { allowLoopbackEndpoints: true })).toHaveLength(1)
  })

  test('keeps the identity of a cluster', () => {
    const object = setPath(cluster, pathOf('spec.id'), 'other')
    const causes = problems(object, { operation: 'UPDATE', oldObject: cluster })
    expect(causes.join()).toMatch(/^spec.id: .*cannot change \(it is 6f0c\)/)
  })

  test('lets the metadata of an object change that an older version admitted', () => {
    const old = setPath(cluster, pathOf('spec.mode'), 'Tunnel')
    const object = { ...old, metadata: { ...old.metadata, finalizers: [] } }
    expect(problems(object, { operation: 'UPDATE', oldObject: admit(cluster).object })).toHaveLength(1)
    expect(
      problems(setPath(object, pathOf('spec'), old['spec']), { operation: 'UPDATE', oldObject: withDefaults(old) }),
    ).toEqual([])
  })
})

/** As it is stored: the defaults of its time filled in. */
function withDefaults(object: KubeObject): KubeObject {
  return { ...object, spec: { suspend: false, protected: false, ...(object['spec'] as object) } }
}

describe('admit() records the author', () => {
  const recorded = (object: KubeObject) => object.metadata.annotations?.[authorAnnotation]
  const ann = JSON.stringify(author)
  const bob = { name: 'bob', groups: [] }

  test('of a new policy, whatever the request says', () => {
    const forged = setPath(policy, ['metadata', 'annotations'], { [authorAnnotation]: 'root' })
    const { object, warnings } = admit(forged)
    expect(recorded(object)).toBe(ann)
    expect(warnings).toHaveLength(1)
  })

  test('of an edited spec', () => {
    const { object: oldObject } = admit(policy)
    const object = setPath(oldObject, pathOf('spec.priority'), 5)
    expect(recorded(admit(object, { operation: 'UPDATE', oldObject, author: bob }).object)).toBe(JSON.stringify(bob))
  })

  test('and keeps it when only metadata changes or the annotation is dropped', () => {
    const { object: oldObject } = admit(policy)
    const object = { ...oldObject, metadata: policy.metadata }
    expect(recorded(admit(object, { operation: 'UPDATE', oldObject, author: bob }).object)).toBe(ann)
  })

  test('not on clusters', () => {
    expect(recorded(admit(cluster).object)).toBeUndefined()
  })
})

test('check() finds what got past admission', () => {
  const bad = setPath(policy, pathOf('spec.recreatePolicy'), 'OnImmutableChange')
  expect(admissionRules.get('PropagationPolicy')?.check(bad)).toMatchObject([{ field: 'spec.recreatePolicy' }])
})
