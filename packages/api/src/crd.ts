// The CustomResourceDefinition of a kind, as a kube-apiserver takes it.
import type { KubeObject, ObjectMeta } from '@flotilla/machinery/object'
import type { Schema } from '@flotilla/machinery/schema'
import type { TSchema } from 'typebox'
import { category } from './group.ts'
import type { KindColumn, KindDefinition } from './kind.ts'

interface CustomResourceVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema: { readonly openAPIV3Schema: Schema }
  readonly subresources?: { readonly status: object }
  readonly additionalPrinterColumns: readonly KindColumn[]
}

export interface CustomResourceDefinition extends KubeObject {
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly group: string
    readonly names: {
      readonly plural: string
      readonly singular: string
      readonly kind: string
      readonly listKind: string
      readonly shortNames: readonly string[]
      readonly categories: readonly string[]
    }
    readonly scope: 'Namespaced' | 'Cluster'
    readonly versions: readonly CustomResourceVersion[]
  }
}

export function crdOf(kind: KindDefinition): CustomResourceDefinition {
  const { group, plural, kind: name, namespaced } = kind.resource
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        plural,
        singular: name.toLowerCase(),
        kind: name,
        listKind: `${name}List`,
        shortNames: kind.shortNames,
        categories: [category],
      },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [versionOf(kind)],
    },
  }
}

function versionOf(kind: KindDefinition): CustomResourceVersion {
  return {
    name: kind.resource.version,
    served: true,
    storage: true,
    schema: { openAPIV3Schema: openApiOf(kind) },
    ...(kind.status === undefined ? {} : { subresources: { status: {} } }),
    additionalPrinterColumns: kind.columns,
  }
}

/** The structural schema of a kind's objects. */
export function openApiOf(kind: KindDefinition): Schema {
  return {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `Always ${kind.resource.group}/${kind.resource.version}.` },
      kind: { type: 'string', description: `Always ${kind.resource.kind}.` },
      metadata: { type: 'object' },
      spec: toOpenApi(kind.spec),
      ...(kind.status === undefined ? {} : { status: toOpenApi(kind.status) }),
    },
  }
}

/** typebox schemas of the field vocabulary are OpenAPI already, but for symbols that types are read from. */
export function toOpenApi(schema: TSchema): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema
}
