// All kinds and their CRDs: what `flotilla install` writes and the embedded server begins with.
import { carbonSheetKind } from './carbon-sheet.ts'
import { clusterKind } from './cluster.ts'
import { type CustomResourceDefinition, crdOf } from './crd.ts'
import { interpreterKind } from './interpreter.ts'
import type { KindDefinition } from './kind.ts'
import { clusterOverridePolicyKind, overridePolicyKind } from './override-policy.ts'
import { priceSheetKind } from './price-sheet.ts'
import { clusterPropagationPolicyKind, propagationPolicyKind } from './propagation-policy.ts'
import { clusterResourceBindingKind, resourceBindingKind } from './resource-binding.ts'
import { scorerKind } from './scorer.ts'
import { trafficProfileKind } from './traffic-profile.ts'

export const kinds: readonly KindDefinition[] = [
  clusterKind,
  propagationPolicyKind,
  clusterPropagationPolicyKind,
  overridePolicyKind,
  clusterOverridePolicyKind,
  resourceBindingKind,
  clusterResourceBindingKind,
  priceSheetKind,
  trafficProfileKind,
  carbonSheetKind,
  scorerKind,
  interpreterKind,
]

export const crds: readonly CustomResourceDefinition[] = kinds.map(crdOf)
