// Explanation: why a template is where it is. Asked and answered, never stored.
import { type ValueOf, choice, integer, list, object, optional, text } from './field.ts'
import {
  bindingPrioritySchema,
  bindingStatusSchema,
  decisionSchema,
  policyRefSchema,
  verdictProperties,
} from './resource-binding.ts'
import { removalSchema } from './removal.ts'
import { defineReview, objectNameProperties, objectRef } from './review.ts'

export const explanationSpecSchema = object('What is asked about.', { template: objectRef('A template on the hub.') })

const explainedSchema = object('One workload.', {
  workload: object('The template that is placed.', objectNameProperties),
  policy: optional(policyRefSchema),
  losingPolicies: list('Policies that select the template too but lost.', policyRefSchema),
  schedulePriority: optional(bindingPrioritySchema),
  replicas: optional(integer('Replicas of the template. None: it has none.', { minimum: 0 })),
  decision: optional(decisionSchema),
  verdicts: list(
    'What is found of every cluster now.',
    object('One cluster.', {
      ...verdictProperties,
      why: optional(
        text('What speaks for what it holds, or against its holding more. None: its reasons say it all.', {
          minLength: 1,
        }),
      ),
    }),
  ),
  unknownClusters: list(
    'Clusters that the policy names and that are not registered.',
    object('One cluster.', {
      name: text('Its name.', { minLength: 1 }),
      field: text('Where the policy names it.', { minLength: 1 }),
    }),
  ),
  removals: list('Copies that go.', removalSchema),
  status: optional(bindingStatusSchema),
})

export const explanationStatusSchema = object('Why it is where it is.', {
  role: choice(
    'Workload: it is placed itself. Follower: it goes where what needs it goes. None: no policy selects it, so it goes nowhere.',
    ['Workload', 'Follower', 'None'],
  ),
  answers: list('The workload itself, or those that the follower goes with.', explainedSchema),
})

export type ExplanationSpec = ValueOf<typeof explanationSpecSchema>
export type ExplanationStatus = ValueOf<typeof explanationStatusSchema>

export const explanationReview = defineReview({
  kind: 'Explanation',
  plural: 'explanations',
  description: 'Why a template is where it is: the decision, the policy that won, and the verdict on every cluster.',
  spec: explanationSpecSchema,
  status: explanationStatusSchema,
})
