// What makes a review: a kind that is asked and answered by creating it, and never stored.
import type { Resource } from '@flotilla/machinery/resource'
import type { Schema } from '@flotilla/machinery/schema'
import type { TSchema } from 'typebox'
import { toOpenApi } from './crd.ts'
import { type ValueOf, object, optional, text } from './field.ts'
import { group, version } from './group.ts'

export interface ReviewDefinition {
  readonly resource: Resource
  readonly description: string
  /** What is asked. */
  readonly spec: TSchema
  /** What is answered. */
  readonly status: TSchema
}

interface ReviewOptions extends Omit<ReviewDefinition, 'resource'> {
  readonly kind: string
  readonly plural: string
}

/** In no namespace: what is asked about names its own. */
export function defineReview({ kind, plural, ...rest }: ReviewOptions): ReviewDefinition {
  return { ...rest, resource: { group, version, plural, kind, namespaced: false } }
}

/** The schema of a review: with its answer required, or as it is asked. */
export function openApiOfReview(review: ReviewDefinition, of: 'question' | 'answer'): Schema {
  const { resource, description, spec, status } = review
  return {
    type: 'object',
    description,
    required: ['apiVersion', 'kind', 'spec', ...(of === 'answer' ? ['status'] : [])],
    properties: {
      apiVersion: {
        type: 'string',
        enum: [`${resource.group}/${resource.version}`],
        description: 'Group and version.',
      },
      kind: { type: 'string', enum: [resource.kind], description: 'Kind.' },
      metadata: { type: 'object', description: 'Kept as it is asked.', 'x-kubernetes-preserve-unknown-fields': true },
      spec: toOpenApi(spec),
      status: toOpenApi(status),
    },
  }
}

/** What an answer tells an object by. */
export const objectNameProperties = {
  kind: text('Kind.', { minLength: 1 }),
  namespace: optional(text('Namespace; none for cluster-scoped objects.', { maxLength: 63 })),
  name: text('Name.', { minLength: 1, maxLength: 253 }),
}

/** What a question names an object by. */
export function objectRef(description: string) {
  return object(description, { apiVersion: text('Group and version.', { minLength: 1 }), ...objectNameProperties })
}

export type ObjectRef = ValueOf<ReturnType<typeof objectRef>>
