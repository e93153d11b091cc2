// Cluster: a registered member, how to reach it, where it is, what it was last seen to be.
import type { KubeObject } from '@flotilla/machinery/object'
import { conditions } from './condition.ts'
import { type ValueOf, choice, flag, integer, list, map, object, optional, text, time } from './field.ts'
import { defineKind } from './kind.ts'
import { taintSchema } from './selector.ts'

const clusterSpecSchema = object('How to reach the member, where it is, what keeps workloads away.', {
  id: text(
    'Identity of the member: UID of its kube-system namespace. Set when it joins, never changed; names may be used again, ids are not.',
    { minLength: 1, maxLength: 253 },
  ),
  mode: optional(
    choice(
      'Direct: the hub dials the member. Tunnel: an agent in the member dials out (this version refuses it). Default: Direct.',
      ['Direct', 'Tunnel'],
      { default: 'Direct' },
    ),
  ),
  apiEndpoint: optional(
    text("URL of the member's API server, `https://HOST[:PORT][/PREFIX]`. Required with Direct.", { maxLength: 2048 }),
  ),
  secretRef: optional(
    object('Credentials for the member. Required with Direct.', {
      name: text(
        "Name of a Secret in `flotilla-system`: keys `token`, or `tls.crt` and `tls.key`; `ca.crt` for the server's authority.",
        { minLength: 1, maxLength: 253 },
      ),
      namespace: optional(text('May only say `flotilla-system`, which is the default.', { maxLength: 63 })),
    }),
  ),
  provider: optional(
    text('Who runs the machines, e.g. `aws`. Policies select by it. Default: empty.', { maxLength: 63 }),
  ),
  region: optional(
    text('Region of the member, e.g. `eu-west-1`. Policies select by it. Default: empty.', { maxLength: 63 }),
  ),
  zones: optional(
    list("Zones that the member's nodes are in. Default: none.", text('Zone.', { minLength: 1, maxLength: 63 }), {
      set: true,
      maxItems: 64,
    }),
  ),
  taints: optional(
    list('What keeps workloads away. One per key and effect.', taintSchema, { keys: ['key', 'effect'], maxItems: 64 }),
  ),
  suspend: optional(
    flag('Freeze: nothing is written to the member; it is still observed. Default: false.', { default: false }),
  ),
  protected: optional(
    flag('Removing the member and mass changes to it ask for its name to be typed. Default: false.', {
      default: false,
    }),
  ),
})

export const nodeShapeSchema = object('Nodes that have about the same room left.', {
  free: map(
    'What each of them can still take, by resource (`cpu`, `memory`, `pods`, …).',
    text('Kubernetes quantity.'),
  ),
  labels: optional(map('Labels that they share and that workloads select by.', text('Label value.'))),
  taints: optional(list('Taints that they share.', taintSchema)),
  count: integer('How many such nodes.', { minimum: 0 }),
})

export type NodeShape = ValueOf<typeof nodeShapeSchema>

const apiSchema = object('One version of one API group that the member serves.', {
  group: text('API group; empty for the core group.'),
  version: text('Version, e.g. `v1`.'),
  kinds: list('Kinds that it serves.', text('Kind.'), { set: true }),
})

export type ServedApi = ValueOf<typeof apiSchema>

const orphanSchema = object('An object on the member that carries our label and that nothing on the hub claims.', {
  group: text('API group; empty for the core group.'),
  kind: text('Kind.', { minLength: 1 }),
  namespace: optional(text('Namespace; none for cluster-scoped objects.', { maxLength: 63 })),
  name: text('Name.', { minLength: 1, maxLength: 253 }),
  since: time('When it was first seen unclaimed, RFC 3339.'),
})

export type Orphan = ValueOf<typeof orphanSchema>

const orphansSchema = object('Objects that carry our label and that nothing on the hub claims.', {
  count: integer('How many, of the kinds that the hub watches there.', { minimum: 1 }),
  oldest: list('Those unclaimed for longest, oldest first; at most 10.', orphanSchema, { maxItems: 10 }),
})

export type Orphans = ValueOf<typeof orphansSchema>

const propertySchema = object('What the member says of itself in a ClusterProperty.', {
  name: text('Name of the ClusterProperty, e.g. `certification.flotilla.dev`.', { minLength: 1, maxLength: 253 }),
  values: list(
    'What its value lists, between commas; at most 64 of at most 63 characters, others are left out.',
    text('One of them.', { maxLength: 63 }),
    { set: true, maxItems: 64 },
  ),
  unread: optional(
    flag('It could not be read when it was read last: the values, which are older, count against the member only.'),
  ),
})

export type ClusterProperty = ValueOf<typeof propertySchema>

const healthSchema = object('Whether the member answers, as failover goes by it.', {
  state: choice(
    'Healthy: it answers. Suspect: it missed probes, or one way to it is silent and another is not. Unreachable: it does not answer. Failed: it has not for so long that what runs there is replaced elsewhere. Recovering: it answers again and gets nothing new yet.',
    ['Healthy', 'Suspect', 'Unreachable', 'Failed', 'Recovering'],
  ),
  since: time('When it came into that state, RFC 3339.'),
  silentSince: optional(time('When it answered last, RFC 3339, while it does not.')),
  losses: optional(
    list('When it became Unreachable within the last hour, oldest first; at most 16.', time('RFC 3339.'), {
      maxItems: 16,
    }),
  ),
})

export type ClusterHealth = ValueOf<typeof healthSchema>

const clusterStatusSchema = object('What the member was last seen to be. Written by controllers.', {
  kubernetesVersion: optional(text("Version of the member's API server, e.g. `v1.36.3`.")),
  conditions: optional(conditions('Ready, Reachable, Authorized, CredentialsExpireSoon, Failover')),
  health: optional(healthSchema),
  nodes: optional(
    object('Nodes counted.', {
      total: integer('All nodes.', { minimum: 0 }),
      ready: integer('Nodes that are Ready.', { minimum: 0 }),
    }),
  ),
  resources: optional(
    object('Sums over the nodes.', {
      allocatable: optional(map('What ready nodes offer to pods, by resource.', text('Kubernetes quantity.'))),
      requested: optional(map('What pods on them have requested, by resource.', text('Kubernetes quantity.'))),
    }),
  ),
  nodeShapes: optional(list('Free room by kind of node, at most 64 entries.', nodeShapeSchema, { maxItems: 64 })),
  apis: optional(list('What the member serves.', apiSchema)),
  properties: optional(
    list('ClusterProperties of the member that placement knows.', propertySchema, { keys: ['name'], maxItems: 16 }),
  ),
  latencyMilliseconds: optional(
    integer('Round trip to the member, milliseconds, as of the last change of a condition or five minutes ago.', {
      minimum: 0,
    }),
  ),
  orphans: optional(orphansSchema),
  lastSeenTime: optional(time('When the member answered last, RFC 3339, as of the same moment.')),
})

export type ClusterSpec = ValueOf<typeof clusterSpecSchema>
export type ClusterStatus = ValueOf<typeof clusterStatusSchema>

export interface Cluster extends KubeObject {
  readonly spec: ClusterSpec
  readonly status?: ClusterStatus
}

export const clusterKind = defineKind({
  kind: 'Cluster',
  plural: 'clusters',
  namespaced: false,
  shortNames: ['cl'],
  description: 'A member: a Kubernetes cluster that this hub manages.',
  spec: clusterSpecSchema,
  status: clusterStatusSchema,
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether the member can be used.',
    },
    { name: 'State', type: 'string', jsonPath: '.status.health.state', description: 'Whether it answers.' },
    { name: 'Version', type: 'string', jsonPath: '.status.kubernetesVersion', description: 'Kubernetes version.' },
    { name: 'Region', type: 'string', jsonPath: '.spec.region', description: 'Where it is.' },
    { name: 'Nodes', type: 'integer', jsonPath: '.status.nodes.ready', description: 'Ready nodes.' },
    { name: 'Provider', type: 'string', jsonPath: '.spec.provider', priority: 1, description: 'Who runs it.' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1, description: 'Direct or Tunnel.' },
    { name: 'Endpoint', type: 'string', jsonPath: '.spec.apiEndpoint', priority: 1, description: 'Its API server.' },
    { name: 'ID', type: 'string', jsonPath: '.spec.id', priority: 1, description: 'Its identity.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it is registered.' },
  ],
})

export const clusterResource = clusterKind.resource
