// Conditions: the status language that Kubernetes' own kinds speak.
import { type ValueOf, choice, list, long, object, optional, text, time } from './field.ts'

const conditionSchema = object('One observed aspect of the object.', {
  type: text('What is told about, in CamelCase, e.g. Ready. One condition per type.', { minLength: 1, maxLength: 316 }),
  status: choice('Whether it holds; Unknown when it cannot be told now.', ['True', 'False', 'Unknown']),
  observedGeneration: optional(
    long('Generation of the spec that this was observed for; older than the object: out of date.', { minimum: 0 }),
  ),
  lastTransitionTime: time('When `status` changed last, RFC 3339.'),
  reason: text('Why, as one CamelCase word for programs.', { minLength: 1, maxLength: 1024 }),
  message: text('Why, for people, with the numbers and the next step. May be empty.', { maxLength: 32768 }),
})

export type Condition = ValueOf<typeof conditionSchema>

export function conditions(types: string) {
  return list(`What is known of the object: ${types}.`, conditionSchema, { keys: ['type'] })
}
