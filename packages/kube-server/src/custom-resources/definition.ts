// The parts of a CustomResourceDefinition that this server reads.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Schema } from '@flotilla/machinery/schema'
import type { PrinterColumn, ScalePaths } from '../served-resource.ts'

export interface CustomVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: Schema }
  readonly subresources?: { readonly status?: object; readonly scale?: ScalePaths }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

export interface CustomNames {
  readonly plural: string
  readonly singular?: string
  readonly kind: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly observedGeneration?: number
}

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: CustomNames
    readonly versions: readonly CustomVersion[]
    readonly conversion?: { readonly strategy: string; readonly webhook?: object }
    readonly preserveUnknownFields?: boolean
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly acceptedNames?: CustomNames
    readonly storedVersions?: readonly string[]
  }
}

export const definitionsResource = 'customresourcedefinitions.apiextensions.k8s.io'

/** Deletes the objects of a definition before the definition itself goes. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export function isEstablished(definition: CustomResourceDefinition): boolean {
  return definition.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
}
