// The objects that benchmarks place.
import type { KubeObject } from '@flotilla/machinery/object'
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'

export { clusterResource, propagationPolicyResource, resourceBindingResource }

export const manifestBytes = 3_500

/** A Deployment whose JSON is 3.5 KB, with two containers as application teams write them. */
export function aDeployment(namespace: string, name: string, replicas: number): KubeObject {
  const labels = { app: name, bench: 'true' }
  const bare = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: { 'example.test/notes': '' } },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' } },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 30,
          containers: [aContainer('web', 8080), aContainer('proxy', 8081)],
          volumes: [{ name: 'scratch', emptyDir: {} }],
        },
      },
    },
  }
  const missing = manifestBytes - JSON.stringify(bare).length
  const annotations = { 'example.test/notes': 'n'.repeat(Math.max(0, missing)) }
  return { ...bare, metadata: { ...bare.metadata, annotations } }
}

function aContainer(name: string, port: number): object {
  return {
    name,
    image: `registry.example.test/shop/${name}:1.4.2`,
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    env: Array.from({ length: 10 }, (_, index) => ({ name: `OPTION_${index}`, value: `${name} option ${index}` })),
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    livenessProbe: { httpGet: { path: '/healthz', port }, initialDelaySeconds: 5, periodSeconds: 10 },
    readinessProbe: { httpGet: { path: '/readyz', port }, periodSeconds: 5 },
    volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
  }
}

/** Every cluster gets the whole Deployment of that name; without a name, each Deployment of the namespace. */
export function everywherePolicy(namespace: string, name: string, deployment?: string): KubeObject {
  return policy(namespace, name, deployment, { replicaSchedulingType: 'Duplicated' })
}

/** Replicas of every Deployment of the namespace are divided by `weights`; a cluster of weight 0 gets none. */
export function weightedPolicy(
  namespace: string,
  name: string,
  clusters: readonly string[],
  weights: readonly number[],
): KubeObject {
  const staticWeightList = clusters
    .map((cluster, index) => ({ targetCluster: { clusterNames: [cluster] }, weight: weights[index] ?? 0 }))
    .filter(({ weight }) => weight > 0)
  return policy(namespace, name, undefined, {
    replicaSchedulingType: 'Divided',
    replicaDivisionPreference: 'Weighted',
    weightPreference: { staticWeightList },
  })
}

/** Every Deployment of the namespace goes to one cluster as long as that can be used, and then to any other. */
export function homePolicy(namespace: string, name: string, home: string): KubeObject {
  const clusterAffinities = [
    { affinityName: 'home', clusterNames: [home] },
    { affinityName: 'elsewhere', exclude: [home] },
  ]
  const replicaScheduling = {
    replicaSchedulingType: 'Divided',
    weightPreference: { dynamicWeight: 'AvailableReplicas' },
  }
  return policyOf(namespace, name, {}, { clusterAffinities, replicaScheduling })
}

/** Every Deployment with the label `slice` goes whole to each cluster with that label. */
export function slicePolicy(namespace: string, slice: string): KubeObject {
  const labelSelector = { matchLabels: { slice } }
  const placement = { clusterAffinity: { labelSelector }, replicaScheduling: { replicaSchedulingType: 'Duplicated' } }
  return policyOf(namespace, slice, { labelSelector }, placement)
}

function policy(
  namespace: string,
  name: string,
  deployment: string | undefined,
  replicaScheduling: object,
): KubeObject {
  return policyOf(namespace, name, deployment === undefined ? {} : { name: deployment }, { replicaScheduling })
}

function policyOf(namespace: string, name: string, selected: object, placement: object): KubeObject {
  const selector = { apiVersion: 'apps/v1', kind: 'Deployment', ...selected }
  return {
    apiVersion: propagationPolicyResource.group + '/' + propagationPolicyResource.version,
    kind: propagationPolicyResource.kind,
    metadata: { name, namespace },
    spec: { resourceSelectors: [selector], massRemoval: 'Allow', placement },
  }
}
