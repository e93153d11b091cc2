// TrafficProfile: where the users of workloads are, and how far it is from them to clusters.
import type { KubeObject } from '@flotilla/machinery/object'
import { type ValueOf, list, number, object, optional, text } from './field.ts'
import { defineKind } from './kind.ts'
import { clusterAffinity } from './selector.ts'

const workloadSelectorSchema = object('Workloads of one kind: all of them, those of a namespace, or one.', {
  apiVersion: text('Group and version of the kind, e.g. `apps/v1`; `v1` for the core group.', {
    minLength: 1,
    maxLength: 317,
  }),
  kind: text('Kind, e.g. `Deployment`.', { minLength: 1, maxLength: 63 }),
  namespace: optional(text('Only those of this namespace. Default: of any.', { minLength: 1, maxLength: 63 })),
  name: optional(text('Only the one of this name. Default: of any name.', { minLength: 1, maxLength: 253 })),
})

export type WorkloadSelector = ValueOf<typeof workloadSelectorSchema>

const roundTripSchema = object('How far it is to the clusters that `targetCluster` selects.', {
  targetCluster: clusterAffinity('Clusters that the entry is about.'),
  milliseconds: number('Time from there to the cluster and back, milliseconds.', { minimum: 0, maximum: 60_000 }),
})

const locationSchema = object('Users in one place.', {
  name: text('Name of the place, e.g. `frankfurt`; unique in the list.', { minLength: 1, maxLength: 63 }),
  share: number('How many of all users, in any unit that all places have in common.', {
    minimum: 0,
    maximum: 1_000_000_000,
  }),
  roundTripMilliseconds: list('Round trips; of those that select a cluster the first counts.', roundTripSchema, {
    maxItems: 1000,
  }),
})

export type Location = ValueOf<typeof locationSchema>

const trafficProfileSpecSchema = object('Which workloads, where their users are, what they send.', {
  workloads: optional(
    list(
      'Workloads that it is about. Of several profiles the one that names a workload most closely counts, of equals the first by name. Default: all workloads.',
      workloadSelectorSchema,
      { minItems: 1, maxItems: 1000 },
    ),
  ),
  locations: list(
    'Places of users. Latency of a cluster is the mean of its round trips, weighted by shares; unknown where a place with users has none.',
    locationSchema,
    { minItems: 1, maxItems: 100, keys: ['name'] },
  ),
  egressGiBPerReplicaHour: optional(
    number('What one replica sends out of its cluster in an hour, GiB: part of its price. Default: 0.', {
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
    }),
  ),
})

export interface TrafficProfile extends KubeObject {
  readonly spec: ValueOf<typeof trafficProfileSpecSchema>
}

export const trafficProfileKind = defineKind({
  kind: 'TrafficProfile',
  plural: 'trafficprofiles',
  namespaced: false,
  shortNames: ['traffic'],
  description:
    'Where users of workloads are: `placement.objective.latency` goes by it, and what they send by its price.',
  spec: trafficProfileSpecSchema,
  columns: [
    {
      name: 'Egress',
      type: 'number',
      jsonPath: '.spec.egressGiBPerReplicaHour',
      description: 'GiB that a replica sends in an hour.',
    },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it is there.' },
  ],
})

export const trafficProfileResource = trafficProfileKind.resource
