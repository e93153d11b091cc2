// Scorer: a service that says what replicas cost on clusters, which an administrator registers and policies name.
import type { KubeObject } from '@flotilla/machinery/object'
import { conditions } from './condition.ts'
import { type ValueOf, integer, object, optional, text } from './field.ts'
import { defineKind } from './kind.ts'

/** Type of the Secrets whose token a scorer may be sent: no other Secret of the hub ever leaves it this way. */
export const scorerSecretType = 'flotilla.dev/scorer-token'

export const defaultScorerTimeoutSeconds = 2
export const defaultScorerValidForSeconds = 300

const scorerSpecSchema = object('Where it is, how to trust it, how long to wait.', {
  url: text('Where questions are posted to, `https://HOST[:PORT][/PATH]`. Redirects are not followed.', {
    minLength: 1,
    maxLength: 2048,
  }),
  caBundle: optional(
    text(
      "Certificates of authorities that its certificate must come from, PEM in base64. Default: those that the hub's machine trusts.",
      { maxLength: 1_000_000 },
    ),
  ),
  secretRef: optional(
    object('What it knows the hub by.', {
      name: text(
        'Name of a Secret in `flotilla-system` of type `flotilla.dev/scorer-token`: key `token` is sent as a bearer token.',
        { minLength: 1, maxLength: 253 },
      ),
    }),
  ),
  timeoutSeconds: optional(
    integer('An answer is waited for so long, seconds. Default: 2.', {
      minimum: 1,
      maximum: 10,
      default: defaultScorerTimeoutSeconds,
    }),
  ),
  validForSeconds: optional(
    integer('Decisions go by an answer for so long, seconds; after that it is asked again. Default: 300.', {
      minimum: 10,
      maximum: 86_400,
      default: defaultScorerValidForSeconds,
    }),
  ),
})

const scorerStatusSchema = object('Whether it answers. Written by controllers.', {
  conditions: optional(conditions('Answering')),
})

export interface Scorer extends KubeObject {
  readonly spec: ValueOf<typeof scorerSpecSchema>
  readonly status?: ValueOf<typeof scorerStatusSchema>
}

export const scorerKind = defineKind({
  kind: 'Scorer',
  plural: 'scorers',
  namespaced: false,
  shortNames: [],
  description: 'A service that says what replicas cost on clusters: `placement.objective.external` goes by it.',
  spec: scorerSpecSchema,
  status: scorerStatusSchema,
  columns: [
    {
      name: 'Answering',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Answering")].status',
      description: 'Whether it answered when it was last asked.',
    },
    { name: 'URL', type: 'string', jsonPath: '.spec.url', description: 'Where questions are posted to.' },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Answering")].message',
      description: 'What was wrong with its last answer.',
      priority: 1,
    },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it is there.' },
  ],
})

export const scorerResource = scorerKind.resource
