// The policy that most tests need: Deployments of namespace `shop`, divided by weight.
import { unreachableTaint } from '@flotilla/api/failover'
import { apiVersion } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'

/** Placement of workloads that stay on clusters that are lost. */
export const staysWhenLost = { clusterTolerations: [{ key: unreachableTaint.key, operator: 'Exists' }] }

/** PropagationPolicy `shop/web`. `weights` by cluster name; `placement`: more of it. */
export function aWeightedPolicy(weights: Readonly<Record<string, number>>, placement: object = {}): KubeObject {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  const replicaScheduling = {
    replicaSchedulingType: 'Divided',
    replicaDivisionPreference: 'Weighted',
    weightPreference: { staticWeightList },
  }
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]
  const spec = { resourceSelectors, placement: { replicaScheduling, ...placement } }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace: 'shop', name: 'web' }, spec }
}
