import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { isNeverTemplate } from './never-template.ts'

function anObject(apiVersion: string, kind: string, name = 'x', rest: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...rest }
}

const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: '1' }
const owned = (controller: boolean) => ({ metadata: { name: 'x', ownerReferences: [{ ...owner, controller }] } })

const table: readonly { name: string; given: KubeObject; want: boolean }[] = [
  {
    name: 'the certificates that each namespace has',
    given: anObject('v1', 'ConfigMap', 'kube-root-ca.crt'),
    want: true,
  },
  {
    name: 'extension-apiserver-authentication',
    given: anObject('v1', 'ConfigMap', 'extension-apiserver-authentication'),
    want: true,
  },
  { name: 'the default ServiceAccount', given: anObject('v1', 'ServiceAccount', 'default'), want: true },
  { name: 'another ServiceAccount', given: anObject('v1', 'ServiceAccount', 'web'), want: false },
  {
    name: 'tokens of ServiceAccounts',
    given: anObject('v1', 'Secret', 'x', { type: 'kubernetes.io/service-account-token' }),
    want: true,
  },
  { name: 'another Secret', given: anObject('v1', 'Secret', 'x', { type: 'Opaque' }), want: false },
  { name: 'a ConfigMap named default', given: anObject('v1', 'ConfigMap', 'default'), want: false },
  {
    name: 'a kind of another group with such a name',
    given: anObject('example.com/v1', 'ServiceAccount', 'default'),
    want: false,
  },
  ...['Event', 'Endpoints', 'Node'].map((kind) => ({ name: kind, given: anObject('v1', kind), want: true })),
  { name: 'Events of the new group', given: anObject('events.k8s.io/v1', 'Event'), want: true },
  { name: 'Leases', given: anObject('coordination.k8s.io/v1', 'Lease'), want: true },
  { name: 'EndpointSlices', given: anObject('discovery.k8s.io/v1', 'EndpointSlice'), want: true },
  { name: 'our own kinds', given: anObject('flotilla.dev/v1alpha1', 'Cluster'), want: true },
  { name: 'what a controller made', given: anObject('apps/v1', 'ReplicaSet', 'x', owned(true)), want: true },
  { name: 'what only has an owner', given: anObject('apps/v1', 'ReplicaSet', 'x', owned(false)), want: false },
  {
    name: 'anything in kube-system',
    given: anObject('v1', 'ConfigMap', 'x', { metadata: { name: 'x', namespace: 'kube-system' } }),
    want: true,
  },
  {
    name: 'anything in flotilla-system',
    given: anObject('v1', 'Secret', 'x', { metadata: { name: 'x', namespace: 'flotilla-system' } }),
    want: true,
  },
  {
    name: 'the Namespace kube-system',
    given: anObject('v1', 'Namespace', 'x', { metadata: { name: 'kube-system' } }),
    want: true,
  },
  { name: 'another Namespace', given: anObject('v1', 'Namespace', 'x', { metadata: { name: 'shop' } }), want: false },
  { name: 'a Deployment', given: anObject('apps/v1', 'Deployment'), want: false },
]

describe('isNeverTemplate()', () => {
  test.each(table)('$name: $want', ({ given, want }) => {
    expect(isNeverTemplate(given)).toBe(want)
  })
})
