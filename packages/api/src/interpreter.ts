// Interpreter: rules by which objects of a kind that the hub does not know are read, divided, judged and reported.
import type { KubeObject } from '@flotilla/machinery/object'
import { conditions } from './condition.ts'
import { type ValueOf, choice, integer, list, object, optional, text } from './field.ts'
import { interpreterOperations } from './interpreter-operations.ts'
import { defineKind } from './kind.ts'

function expression(description: string) {
  return text(`${description} In CEL.`, { minLength: 1, maxLength: 10_000 })
}

function path(description: string) {
  return text(description, { minLength: 1, maxLength: 512 })
}

const interpreterSpecSchema = object('A kind, and how its objects are read. What no rule says is read as before.', {
  target: object('The kind that the rules are for.', {
    group: text('Its API group; empty: the core group.', { maxLength: 253 }),
    kind: text('Its name, e.g. Workflow.', { minLength: 1, maxLength: 63 }),
    versions: optional(
      list('The versions that the rules are for. Default: all.', text('A version, e.g. v1alpha1.', { minLength: 1 }), {
        set: true,
        minItems: 1,
        maxItems: 16,
      }),
    ),
  }),
  replicas: optional(
    object('How many replicas are divided. Without it, and without `components`, an object goes whole.', {
      path: optional(path('Where they stand, e.g. spec.replicas: read there, and written there for each cluster.')),
      default: optional(
        integer('What holds where nothing stands at `path`. Default: 1.', { minimum: 0, maximum: 1_000_000 }),
      ),
      expression: optional(
        expression('Over `object`: how many, a whole number. Instead of `path`; needs `revise` to write a share.'),
      ),
    }),
  ),
  revise: optional(
    object('How a share of the replicas is written into the object of a cluster. Only with `replicas.expression`.', {
      expression: expression('Over `object` and `replicas`: what changes, as a JSON merge patch.'),
    }),
  ),
  requirement: optional(
    object(
      'The pod of one replica: what it asks of a node counts when room is looked for, and what it names follows the object.',
      {
        path: optional(path('Where its pod template stands, e.g. spec.template.')),
        expression: optional(expression('Over `object`: a pod template. Instead of `path`.')),
      },
    ),
  ),
  components: optional(
    object('The parts of an object that goes whole to clusters with room for all of it. Not with `replicas`.', {
      expression: expression(
        'Over `object`: a list of {name, replicas, template}; `template` is the pod template of the part.',
      ),
    }),
  ),
  dependencies: optional(
    object('Objects of its namespace that go wherever it goes, besides those that its pods name.', {
      expression: expression(
        'Over `object`: a list of {kind, name}; kinds are ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim, Service, Ingress, PodDisruptionBudget and HorizontalPodAutoscaler.',
      ),
    }),
  ),
  retain: optional(
    object('Fields that belong to members once something there has set them: left as they are, and no drift.', {
      fields: list('Paths, e.g. spec.suspend or metadata.labels[example.com/key].', path('A path.'), {
        set: true,
        minItems: 1,
        maxItems: 64,
      }),
    }),
  ),
  health: optional(
    object('How well a copy is.', {
      expression: expression(
        'Over `object`: Healthy, Progressing, Degraded, Suspended or Unknown, or {state, message}. A copy that is being deleted, or whose observedGeneration is behind, is Progressing without being asked about.',
      ),
    }),
  ),
  completion: optional(
    object('When it has run to its end: such an object is not run again on a cluster where its copy has gone.', {
      expression: expression(
        'Over `object`: true or false. What has not run to its end is Progressing where `health` says Healthy.',
      ),
    }),
  ),
  status: optional(
    object('What is kept of the status of each copy; `replicas` and `readyReplicas` of it are what bindings report.', {
      expression: expression('Over `object`: the status to keep, at most 10,000 characters of JSON.'),
    }),
  ),
  aggregation: optional(
    object('The whole status of the template on the hub, which it has by this rule alone.', {
      expression: expression(
        'Over `object`, the template, and `copies`, a list of {cluster, status, health, reachable, observed}; a copy is `observed` when its controller has seen this generation of the template, and `observed` is true when all are. Copies that were not seen yet have an empty status. Gives a status.',
      ),
    }),
  ),
})

export type InterpreterSpec = ValueOf<typeof interpreterSpecSchema>

const interpreterStatusSchema = object('Whether the rules count and work. Written by controllers.', {
  conditions: optional(conditions('Accepted, InForce, Working')),
  operations: optional(
    list(
      'Each rule, and whether it is the one that counts.',
      object('One rule.', {
        operation: choice('Which one.', interpreterOperations),
        overriddenBy: optional(text('The Interpreter whose rule counts instead: of several, the first by name.')),
      }),
      { keys: ['operation'] },
    ),
  ),
})

export interface Interpreter extends KubeObject {
  readonly spec: InterpreterSpec
  readonly status?: ValueOf<typeof interpreterStatusSchema>
}

function conditionColumn(name: string, type: string, description: string) {
  const jsonPath = `.status.conditions[?(@.type=="${type}")].status`
  return { name, type: 'string' as const, jsonPath, description }
}

export const interpreterKind = defineKind({
  kind: 'Interpreter',
  plural: 'interpreters',
  namespaced: false,
  shortNames: ['interp'],
  description: 'How objects of a kind are read: replicas, pods, health, status, dependencies.',
  spec: interpreterSpecSchema,
  status: interpreterStatusSchema,
  columns: [
    { name: 'Target', type: 'string', jsonPath: '.spec.target.kind', description: 'The kind that it is for.' },
    { name: 'Group', type: 'string', jsonPath: '.spec.target.group', description: 'Its API group.' },
    conditionColumn('In force', 'InForce', 'Whether all of its rules count.'),
    conditionColumn('Working', 'Working', 'Whether they answer for every object.'),
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it is there.' },
  ],
})

export const interpreterResource = interpreterKind.resource
