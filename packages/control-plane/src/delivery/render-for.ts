// What one cluster shall hold of one template, given who claims it: everything that rendering takes from a binding.
// Pure, for the delivery loop and for `flotilla render` and `flotilla drift` alike.
import type { Cluster } from '@flotilla/api/cluster'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { goesWhole } from '../requirements.ts'
import { kindIdOf, objectIdOf } from '../object-id.ts'
import { matchRules, type AnyOverridePolicy, type NamespaceLabels } from './overrides.ts'
import { render, type Rendered, type ServedKind } from './render.ts'
import { hasReplicas, isDivided, withoutReplicas, withScalerShare, withShare } from './replicas.ts'
import { scales } from './scaling.ts'
import { shareOfClaim, type Claim } from './claims.ts'

export interface RenderForInput {
  readonly template: KubeObject
  readonly hubSchema: KindSchema | undefined
  readonly hubId: string
  readonly cluster: Cluster
  /** At least one; the first decides the share of replicas. */
  readonly claims: readonly Claim[]
  /** Override policies of the hub that select the template's kind. */
  readonly overrides: Iterable<AnyOverridePolicy>
  readonly labelsOf: NamespaceLabels
  readonly served: ServedKind
  /** Somebody else owns `spec.replicas` on the member. */
  readonly isScaled: boolean
  readonly rules: RuleLookup
}

export function renderFor(input: RenderForInput): Rendered {
  const { template, hubSchema, hubId, cluster, claims, overrides, labelsOf, served } = input
  return render({
    template,
    hubSchema,
    hubId,
    cluster,
    rules: matchRules(template, cluster, overrides, labelsOf),
    divide: divisionFor(input, claims[0]),
    served,
  })
}

/** What changes the object's replicas for this cluster, or undefined where nothing does. */
function divisionFor(
  { template, cluster, isScaled, rules }: RenderForInput,
  claim: Claim | undefined,
): ((object: KubeObject) => KubeObject) | undefined {
  if (claim === undefined) return undefined
  if (isScaled && hasReplicas(template, rules)) return withoutReplicas
  const share = claim.role === 'workload' ? shareOfClaim(claim) : undefined
  if (share !== undefined) return (object) => withShare(object, share, rules)
  const isScaler = claim.role === 'follower' && kindIdOf(template) === 'autoscaling/HorizontalPodAutoscaler'
  if (!isScaler || !isScalerDivided(template, claim)) return undefined
  return (object) => withScalerShare(object, claim.decision, cluster.spec.id)
}

/** Everything of the decision that the rendering of a claim's object depends on. */
export function shareKey(template: KubeObject, claim: Claim): string {
  const { role, decision } = claim
  const isScaler = kindIdOf(template) === 'autoscaling/HorizontalPodAutoscaler'
  if (role === 'follower' && !isScaler) return ''
  const weights = isScaler ? decision.clusters.map((cluster) => `${cluster.id}=${cluster.replicas}`) : []
  return JSON.stringify([shareOfClaim(claim), weights])
}

function isScalerDivided(scaler: KubeObject, { binding, decision }: Claim): boolean {
  const workload = binding.spec.workloads.find(({ ref }) =>
    scales(scaler, { apiVersion: ref.apiVersion, kind: ref.kind, metadata: refMeta(ref) }),
  )
  const total = workload?.components[0]?.replicas
  return total !== undefined && !goesWhole(binding.spec) && isDivided(decision, total)
}

function refMeta(ref: { readonly name: string; readonly namespace?: string | undefined }): KubeObject['metadata'] {
  return ref.namespace === undefined ? { name: ref.name } : { name: ref.name, namespace: ref.namespace }
}

/** Whether an autoscaler of the workload goes along with it. */
export function hasScaler(
  claims: readonly Claim[],
  workload: KubeObject,
  get: (id: string) => KubeObject | undefined,
): boolean {
  return claims.some(({ binding }) =>
    (binding.spec.followers ?? []).some(({ ref }) => {
      if (ref.kind !== 'HorizontalPodAutoscaler') return false
      const scaler = get(objectIdOf(ref))
      return scaler !== undefined && scales(scaler, workload)
    }),
  )
}
