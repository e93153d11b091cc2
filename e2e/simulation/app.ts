// The application that people deploy in simulations: a Deployment, its settings, and a policy, all of one name.
import { unreachableTaint } from '@flotilla/api/failover'
import { apiVersion } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Weights } from './scenario.ts'

export const namespace = 'shop'

export function aDeployment(
  app: string,
  replicas: number,
  image = 'registry.example.com/app:1',
  cpu?: string,
): KubeObject {
  const labels = { app }
  const container = {
    name: 'app',
    image,
    envFrom: [{ configMapRef: { name: `${app}-settings` } }],
    ...(cpu && { resources: { requests: { cpu } } }),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: app },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      // A rollout takes no ready replica away, so that whatever does shows.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

export function someSettings(app: string, value: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: `${app}-settings` }, data: { value } }
}

export interface PolicyOptions {
  /** What a cluster runs that is lost is replaced. */
  readonly failsOver: boolean
  /** It must not run twice. */
  readonly isSingleton?: boolean
}

export function aPolicy(app: string, weights: Weights, { failsOver, isSingleton = false }: PolicyOptions): KubeObject {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
    ...(isSingleton && { maxReplicas: 1 }),
  }))
  const spec = {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: app }],
    // What people made on a member is taken over: a cluster that comes back is to end like all others.
    conflictResolution: 'Overwrite',
    placement: {
      ...(!failsOver && { clusterTolerations: [{ key: unreachableTaint.key, operator: 'Exists' }] }),
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Weighted',
        weightPreference: { staticWeightList },
      },
    },
  }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace, name: app }, spec }
}
