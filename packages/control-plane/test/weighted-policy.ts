// The policy that most tests need: Deployments of namespace `shop`, divided by weight.
import { apiVersion } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'

/** PropagationPolicy `shop/web`. `weights` by cluster name. */
export function aWeightedPolicy(weights: Readonly<Record<string, number>>): KubeObject {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  const replicaScheduling = {
    replicaSchedulingType: 'Divided',
    replicaDivisionPreference: 'Weighted',
    weightPreference: { staticWeightList },
  }
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], placement: { replicaScheduling } }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace: 'shop', name: 'web' }, spec }
}
