import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { matchPolicy } from './match.ts'
import type { Policy } from './match.ts'

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
}

type Selector = Policy['spec']['resourceSelectors'][number]
const deployments: Selector = { apiVersion: 'apps/v1', kind: 'Deployment' }

function aPolicy(name: string, selector: Partial<Selector> = {}, spec: Partial<Policy['spec']> = {}): Policy {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name, namespace: 'shop', uid: name },
    spec: { resourceSelectors: [{ ...deployments, ...selector }], ...spec },
  }
}

function aClusterPolicy(name: string, selector: Partial<Selector> = {}, spec: Partial<Policy['spec']> = {}): Policy {
  return { ...aPolicy(name, selector, spec), kind: 'ClusterPropagationPolicy', metadata: { name, uid: name } }
}

const labelsOf = (namespace: string) => (namespace === 'shop' ? { team: 'sales' } : undefined)
const verdict = (template: KubeObject, policies: readonly Policy[]) => {
  const { winner, losers } = matchPolicy(template, policies, labelsOf)
  return [winner?.metadata.name, ...losers.map((policy) => policy.metadata.name)]
}

describe('matchPolicy()', () => {
  const cases: { name: string; given: readonly Policy[]; want: readonly (string | undefined)[] }[] = [
    { name: 'has no winner without policies', given: [], want: [undefined] },
    {
      name: 'prefers a namespaced policy to a cluster-wide one of higher priority',
      given: [aClusterPolicy('wide', { name: 'web' }, { priority: 100 }), aPolicy('local')],
      want: ['local', 'wide'],
    },
    {
      name: 'prefers the higher priority to the more specific selector',
      given: [aPolicy('named', { name: 'web' }), aPolicy('urgent', {}, { priority: 1 })],
      want: ['urgent', 'named'],
    },
    {
      name: 'prefers a name to labels and labels to the kind',
      given: [
        aPolicy('kind'),
        aPolicy('labels', { labelSelector: { matchLabels: { app: 'web' } } }),
        aPolicy('name', { name: 'web' }),
      ],
      want: ['name', 'labels', 'kind'],
    },
    { name: 'prefers the alphabetically lower name last', given: [aPolicy('b'), aPolicy('a')], want: ['a', 'b'] },
    { name: 'passes over another name', given: [aPolicy('other', { name: 'api' })], want: [undefined] },
    {
      name: 'passes over labels that do not match',
      given: [aPolicy('labels', { labelSelector: { matchLabels: { app: 'api' } } })],
      want: [undefined],
    },
    { name: 'passes over another kind', given: [aPolicy('kind', { kind: 'StatefulSet' })], want: [undefined] },
    {
      name: 'passes over a policy of another namespace',
      given: [{ ...aPolicy('far'), metadata: { name: 'far', namespace: 'bank', uid: 'far' } }],
      want: [undefined],
    },
    {
      name: 'passes over a policy that is being deleted',
      given: [{ ...aPolicy('gone'), metadata: { name: 'gone', namespace: 'shop', deletionTimestamp: 'now' } }],
      want: [undefined],
    },
    {
      name: 'takes a cluster-wide selector of its namespace',
      given: [aClusterPolicy('here', { namespace: 'shop' }), aClusterPolicy('there', { namespace: 'bank' })],
      want: ['here'],
    },
    {
      name: 'takes a cluster-wide selector by namespace labels',
      given: [
        aClusterPolicy('sales', { namespaceSelector: { matchLabels: { team: 'sales' } } }),
        aClusterPolicy('legal', { namespaceSelector: { matchLabels: { team: 'legal' } } }),
      ],
      want: ['sales'],
    },
  ]
  test.each(cases)('$name', ({ given, want }) => {
    expect(verdict(web, given)).toEqual(want)
    expect(verdict(web, [...given].reverse())).toEqual(want)
  })

  test('never takes an object that belongs to its cluster', () => {
    const root = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'shop' } }
    expect(verdict(root, [aPolicy('all', { apiVersion: 'v1', kind: 'ConfigMap' })])).toEqual([undefined])
  })
})
