// The demo's application: a web shop that runs wherever its policy says.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { configMaps, deployments, namespaces, services } from '@flotilla/machinery/well-known-resources'

export const sampleNamespace = 'shop'
export const sampleName = 'web'
export const sampleReplicas = 12

const labels = { app: sampleName }
const metadata = { name: sampleName, namespace: sampleNamespace }

/** Weights 3, 2, 1 for the first three members, 1 for each further one. */
export function sampleObjects(clusters: readonly string[]): readonly (readonly [Resource, KubeObject])[] {
  return [
    [namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: sampleNamespace } }],
    [
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: 'web-config' }, data: { CURRENCY: 'EUR' } },
    ],
    [propagationPolicyResource, policy(clusters)],
    [
      services,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    ],
    [deployments, deployment()],
  ]
}

function deployment(): KubeObject {
  const container = {
    name: 'web',
    image: 'registry.example.com/shop/web:1.0.0',
    ports: [{ containerPort: 8080 }],
    envFrom: [{ configMapRef: { name: 'web-config' } }],
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, labels },
    spec: {
      replicas: sampleReplicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

function policy(clusters: readonly string[]): KubeObject {
  const staticWeightList = clusters.map((name, index) => ({
    targetCluster: { clusterNames: [name] },
    weight: Math.max(1, 3 - index),
  }))
  return {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: sampleName }],
      placement: {
        clusterAffinity: { clusterNames: clusters },
        replicaScheduling: {
          replicaSchedulingType: 'Divided',
          replicaDivisionPreference: 'Weighted',
          weightPreference: { staticWeightList },
        },
      },
    },
  }
}
