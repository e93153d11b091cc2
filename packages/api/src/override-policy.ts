// OverridePolicy and ClusterOverridePolicy: how a template differs per cluster.
import type { KubeObject } from '@flotilla/machinery/object'
import { type ValueOf, anything, choice, integer, list, map, object, optional, text } from './field.ts'
import { defineKind } from './kind.ts'
import { clusterAffinity, resourceSelectorSchema } from './selector.ts'

const anyOperator = ['add', 'remove', 'replace'] as const
const containerName = text('Name of the container or init container.', { minLength: 1, maxLength: 63 })
const variables = 'May hold `${cluster.name}`, `${cluster.region}`, `${cluster.labels.KEY}`.'

const imageOverriderSchema = object('Changes part of container images.', {
  predicate: optional(
    object('Which image. Default: every container and init container of the pod template.', {
      path: text('JSON pointer to the field that holds the image, e.g. `/spec/template/spec/containers/0/image`.', {
        minLength: 1,
        maxLength: 1024,
      }),
    }),
  ),
  component: choice('Part of `registry/repository:tag` (a digest counts as the tag).', [
    'Registry',
    'Repository',
    'Tag',
  ]),
  operator: choice(
    'add: append to the part, or set it where it is missing. remove: drop it. replace: set it.',
    anyOperator,
  ),
  value: optional(text(`The part's text; required with add and replace. ${variables}`, { maxLength: 1024 })),
})

function wordsOverrider(what: string) {
  return object(`Changes the ${what} of a container.`, {
    containerName,
    operator: choice('add: append the words. remove: drop every occurrence of each.', ['add', 'remove']),
    value: list(`Words of the ${what}; at least one. ${variables}`, text('Word.'), { minItems: 1 }),
  })
}

const envOverriderSchema = object('Changes environment variables of a container.', {
  containerName,
  operator: choice(
    'add: set those that are not there yet. replace: set those that are. remove: drop them.',
    anyOperator,
  ),
  value: list(
    'Variables; at least one.',
    object('An environment variable.', {
      name: text('Name.', { minLength: 1, maxLength: 1024 }),
      value: optional(text(`Value. Default: empty. ${variables}`)),
      valueFrom: optional(
        anything(
          'Source as in a container: `configMapKeyRef`, `secretKeyRef`, `fieldRef`, `resourceFieldRef`. Not with `value`.',
        ),
      ),
    }),
    { minItems: 1 },
  ),
})

const portOverriderSchema = object('Changes ports of a container.', {
  containerName,
  operator: choice(
    'add: add those that are not there yet. replace: set those of the same name. remove: drop those of the same name.',
    anyOperator,
  ),
  value: list(
    'Ports; at least one.',
    object('A container port.', {
      name: optional(text('Name; required with replace and remove, by which the port is found.', { maxLength: 15 })),
      containerPort: optional(integer('Port; required with add and replace.', { minimum: 1, maximum: 65535 })),
      hostPort: optional(integer('Port on the node. Default: none.', { minimum: 1, maximum: 65535 })),
      protocol: optional(choice('Default: TCP.', ['TCP', 'UDP', 'SCTP'])),
    }),
    { minItems: 1 },
  ),
})

const resourcesOverriderSchema = object('Changes requests and limits of a container.', {
  containerName,
  operator: choice('add and replace: set the named resources. remove: drop them (values do not matter).', anyOperator),
  value: object('Resources by name.', {
    requests: optional(map('What the container asks for.', text('Kubernetes quantity.'))),
    limits: optional(map('What it may use at most.', text('Kubernetes quantity.'))),
  }),
})

function mapOverrider(what: string) {
  return object(`Changes ${what}s of the object.`, {
    operator: choice(
      'add: set those that are not there yet. replace: set those that are. remove: drop the keys.',
      anyOperator,
    ),
    value: map(
      `By key; at least one, none of ours (\`flotilla.dev/…\`). Values do not matter with remove. ${variables}`,
      text('Value.'),
    ),
  })
}

const textPatchSchema = object('One change inside the text.', {
  subPath: text('JSON pointer inside the parsed text.', { minLength: 1, maxLength: 1024 }),
  operator: choice('As in a JSON patch.', anyOperator),
  value: optional(anything('New value; required with add and replace.')),
})

const fieldOverriderSchema = object(
  'Changes values inside a text field that holds JSON or YAML. This version does not act on it and refuses it.',
  {
    fieldPath: text('JSON pointer to the text field, e.g. `/data/config.yaml`.', { minLength: 1, maxLength: 1024 }),
    json: optional(list('Changes, when the text is JSON.', textPatchSchema)),
    yaml: optional(list('Changes, when the text is YAML.', textPatchSchema)),
  },
)

const plaintextSchema = object('One JSON patch operation on the object.', {
  path: text(
    'JSON pointer, e.g. `/spec/template/spec/nodeName`; not to kind, apiVersion, name, namespace, status or what is ours.',
    {
      minLength: 1,
      maxLength: 1024,
    },
  ),
  operator: choice(
    'add: set, or insert into a list. replace: set what must be there. remove: drop what must be there.',
    anyOperator,
  ),
  value: optional(anything(`New value; required with add and replace. ${variables}`)),
})

const overridersSchema = object('Changes, carried out in the order of the fields here; at least one.', {
  imageOverrider: optional(list('Images.', imageOverriderSchema)),
  commandOverrider: optional(list('Commands.', wordsOverrider('command'))),
  argsOverrider: optional(list('Arguments.', wordsOverrider('args'))),
  envOverrider: optional(list('Environment variables.', envOverriderSchema)),
  portOverrider: optional(list('Container ports.', portOverriderSchema)),
  resourcesOverrider: optional(list('Requests and limits.', resourcesOverriderSchema)),
  labelsOverrider: optional(list('Labels.', mapOverrider('label'))),
  annotationsOverrider: optional(list('Annotations.', mapOverrider('annotation'))),
  fieldOverrider: optional(list('Values inside text.', fieldOverriderSchema)),
  plaintext: optional(list('JSON patch.', plaintextSchema)),
})

const overrideRuleSchema = object('Changes for some clusters.', {
  targetCluster: optional(clusterAffinity('Clusters that the rule is about.')),
  overriders: overridersSchema,
})

export const overrideSpecSchema = object('How templates differ per cluster.', {
  resourceSelectors: list(
    'Templates that the policy is about: those that any entry selects. At least one.',
    resourceSelectorSchema,
    {
      minItems: 1,
      maxItems: 1000,
    },
  ),
  overrideRules: list('Rules; all that match a cluster apply, in this order. At least one.', overrideRuleSchema, {
    minItems: 1,
    maxItems: 1000,
  }),
})

export type OverrideSpec = ValueOf<typeof overrideSpecSchema>
export type OverrideRule = ValueOf<typeof overrideRuleSchema>
export type Overriders = ValueOf<typeof overridersSchema>
export type ImageOverrider = ValueOf<typeof imageOverriderSchema>
export type WordsOverrider = ValueOf<ReturnType<typeof wordsOverrider>>
export type EnvOverrider = ValueOf<typeof envOverriderSchema>
export type PortOverrider = ValueOf<typeof portOverriderSchema>
export type ResourcesOverrider = ValueOf<typeof resourcesOverriderSchema>
export type MapOverrider = ValueOf<ReturnType<typeof mapOverrider>>
export type PlaintextOverrider = ValueOf<typeof plaintextSchema>

export interface OverridePolicy extends KubeObject {
  readonly spec: OverrideSpec
}

export interface ClusterOverridePolicy extends KubeObject {
  readonly spec: OverrideSpec
}

const columns = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when.' },
] as const

export const overridePolicyKind = defineKind({
  kind: 'OverridePolicy',
  plural: 'overridepolicies',
  namespaced: true,
  shortNames: ['op'],
  description: 'How templates of its namespace differ per cluster. Applied after ClusterOverridePolicies, by name.',
  spec: overrideSpecSchema,
  columns,
})

export const clusterOverridePolicyKind = defineKind({
  kind: 'ClusterOverridePolicy',
  plural: 'clusteroverridepolicies',
  namespaced: false,
  shortNames: ['cop'],
  description:
    'How templates, of any namespace or of none, differ per cluster. Applied before OverridePolicies, by name.',
  spec: overrideSpecSchema,
  columns,
})

export const overridePolicyResource = overridePolicyKind.resource
export const clusterOverridePolicyResource = clusterOverridePolicyKind.resource
