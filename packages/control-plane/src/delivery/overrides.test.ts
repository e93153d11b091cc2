import type { Cluster } from '@flotilla/api/cluster'
import type { Overriders } from '@flotilla/api/override-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { applyRules, matchRules, type AnyOverridePolicy } from './overrides.ts'
import { formatImage, parseImage } from './overriders/image.ts'

const eu: Cluster = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'eu', labels: { tier: 'gold' } },
  spec: { id: 'id-eu', region: 'eu-west-1' },
}

function web(container: object = {}, metadata: object = {}): KubeObject {
  const spec = { containers: [{ name: 'web', image: 'reg.io/shop/web:1', ...container }] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name: 'web', ...metadata },
    spec: { replicas: 2, template: { spec } },
  }
}

const apply = (object: KubeObject, overriders: Overriders) =>
  applyRules(object, [{ policy: 'OverridePolicy p', rule: 0, overriders }], eu)

describe('applyRules()', () => {
  test.each<{ name: string; given?: object; overriders: Overriders; want: object }>([
    {
      name: 'replaces a registry',
      overriders: { imageOverrider: [{ component: 'Registry', operator: 'replace', value: '${cluster.region}.io' }] },
      want: { image: 'eu-west-1.io/shop/web:1' },
    },
    {
      name: 'removes a registry',
      overriders: { imageOverrider: [{ component: 'Registry', operator: 'remove' }] },
      want: { image: 'shop/web:1' },
    },
    {
      name: 'appends to a tag',
      overriders: { imageOverrider: [{ component: 'Tag', operator: 'add', value: '-${cluster.name}' }] },
      want: { image: 'reg.io/shop/web:1-eu' },
    },
    {
      name: 'replaces a repository at a predicate',
      overriders: {
        imageOverrider: [
          {
            predicate: { path: '/spec/template/spec/containers/0/image' },
            component: 'Repository',
            operator: 'replace',
            value: 'other',
          },
        ],
      },
      want: { image: 'reg.io/other:1' },
    },
    {
      name: 'appends words to a command',
      given: { command: ['run'] },
      overriders: {
        commandOverrider: [{ containerName: 'web', operator: 'add', value: ['--zone=${cluster.region}'] }],
      },
      want: { command: ['run', '--zone=eu-west-1'] },
    },
    {
      name: 'removes words of the arguments, and the field with the last one',
      given: { args: ['a', 'a'] },
      overriders: { argsOverrider: [{ containerName: 'web', operator: 'remove', value: ['a'] }] },
      want: {},
    },
    {
      name: 'adds only variables that are not there',
      given: { env: [{ name: 'A', value: 'a' }] },
      overriders: {
        envOverrider: [
          {
            containerName: 'web',
            operator: 'add',
            value: [
              { name: 'A', value: 'x' },
              { name: 'B', value: '${cluster.labels.tier}' },
            ],
          },
        ],
      },
      want: {
        env: [
          { name: 'A', value: 'a' },
          { name: 'B', value: 'gold' },
        ],
      },
    },
    {
      name: 'replaces only variables that are there',
      given: { env: [{ name: 'A', value: 'a' }] },
      overriders: {
        envOverrider: [
          {
            containerName: 'web',
            operator: 'replace',
            value: [
              { name: 'A', value: 'x' },
              { name: 'B', value: 'y' },
            ],
          },
        ],
      },
      want: { env: [{ name: 'A', value: 'x' }] },
    },
    {
      name: 'removes variables',
      given: { env: [{ name: 'A', value: 'a' }] },
      overriders: { envOverrider: [{ containerName: 'web', operator: 'remove', value: [{ name: 'A' }] }] },
      want: {},
    },
    {
      name: 'adds a port unless its number is there',
      given: { ports: [{ containerPort: 80 }] },
      overriders: {
        portOverrider: [
          {
            containerName: 'web',
            operator: 'add',
            value: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 81 }],
          },
        ],
      },
      want: { ports: [{ containerPort: 80 }, { containerPort: 81 }] },
    },
    {
      name: 'replaces a port by its name',
      given: { ports: [{ name: 'http', containerPort: 80 }] },
      overriders: {
        portOverrider: [{ containerName: 'web', operator: 'replace', value: [{ name: 'http', containerPort: 81 }] }],
      },
      want: { ports: [{ name: 'http', containerPort: 81 }] },
    },
    {
      name: 'sets and removes resources',
      given: { resources: { requests: { cpu: '1', memory: '1Gi' } } },
      overriders: {
        resourcesOverrider: [
          { containerName: 'web', operator: 'replace', value: { limits: { cpu: '2' } } },
          { containerName: 'web', operator: 'remove', value: { requests: { cpu: '' } } },
        ],
      },
      want: { resources: { requests: { memory: '1Gi' }, limits: { cpu: '2' } } },
    },
  ])('$name', ({ given = {}, overriders, want }) => {
    const { image: _, ...bare } = { image: 'reg.io/shop/web:1' }
    const expected = { name: 'web', image: 'reg.io/shop/web:1', ...bare, ...want }
    const { spec } = apply(web(given), overriders).object as unknown as {
      spec: { template: { spec: { containers: object[] } } }
    }
    expect(spec.template.spec.containers[0]).toEqual(expected)
  })

  test('adds, replaces and removes labels and annotations, but for ours', () => {
    const { object } = apply(web({}, { labels: { a: '1', b: '1' } }), {
      labelsOverrider: [
        { operator: 'add', value: { a: 'no', c: '${cluster.name}', 'flotilla.dev/hub': 'stolen' } },
        { operator: 'remove', value: { b: '' } },
      ],
      annotationsOverrider: [{ operator: 'replace', value: { absent: 'x' } }],
    })
    expect(object.metadata).toEqual({ namespace: 'shop', name: 'web', labels: { a: '1', c: 'eu' } })
  })

  test('never changes who an object is', () => {
    const { object } = apply(web(), { plaintext: [{ path: '/metadata/name', operator: 'replace', value: 'other' }] })
    expect(object.metadata.name).toBe('web')
  })

  test('tells which rule changed which fields', () => {
    const { changes } = apply(web(), { plaintext: [{ path: '/spec/replicas', operator: 'replace', value: 9 }] })
    expect(changes).toEqual([
      { policy: 'OverridePolicy p', rule: 0, overrider: 'plaintext', fields: ['spec.replicas'] },
    ])
  })

  test.each([
    {
      name: 'a patch that does not fit',
      overriders: { plaintext: [{ path: '/spec/none/x', operator: 'remove' as const }] },
      want: /OverridePolicy p, overrideRules\[0\]\.overriders\.plaintext/,
    },
    {
      name: 'a variable that the cluster has no value for',
      overriders: { labelsOverrider: [{ operator: 'add' as const, value: { x: '${cluster.labels.none}' } }] },
      want: /\$\{cluster\.labels\.none\}: cluster eu/,
    },
  ])('refuses $name, naming the rule', ({ overriders, want }) => {
    expect(() => apply(web(), overriders)).toThrow(want)
  })
})

describe('matchRules()', () => {
  const overriders = { labelsOverrider: [{ operator: 'add' as const, value: { a: '1' } }] }
  const policy = (name: string, more: object = {}, kind = 'OverridePolicy'): AnyOverridePolicy => ({
    apiVersion: 'flotilla.dev/v1alpha1',
    kind,
    metadata: { name, ...(kind === 'OverridePolicy' ? { namespace: 'shop' } : {}) },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      overrideRules: [{ overriders, ...more }],
    },
  })
  const matched = (template: KubeObject, ...policies: AnyOverridePolicy[]) =>
    matchRules(template, eu, policies, () => ({ env: 'prod' })).map((rule) => rule.policy)

  test('orders cluster-wide policies first, each kind by name', () => {
    const policies = [policy('b'), policy('a'), policy('z', {}, 'ClusterOverridePolicy')]
    expect(matched(web(), ...policies)).toEqual(['ClusterOverridePolicy z', 'OverridePolicy a', 'OverridePolicy b'])
  })

  test('takes only rules for the cluster', () => {
    const elsewhere = policy('a', { targetCluster: { clusterNames: ['us'] } })
    const here = policy('b', { targetCluster: { labelSelector: { matchLabels: { tier: 'gold' } } } })
    expect(matched(web(), elsewhere, here)).toEqual(['OverridePolicy b'])
  })

  test('gives an OverridePolicy no say over other namespaces and RBAC', () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { namespace: 'shop', name: 'r' },
    }
    const selectors = [{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' }]
    const over = (one: AnyOverridePolicy): AnyOverridePolicy => ({
      ...one,
      spec: { ...one.spec, resourceSelectors: selectors },
    })
    expect(matched(role, over(policy('a')), over(policy('b', {}, 'ClusterOverridePolicy')))).toEqual([
      'ClusterOverridePolicy b',
    ])
    expect(matched(web({}, { namespace: 'other' }), policy('a'))).toEqual([])
  })
})

describe('parseImage()', () => {
  test.each([
    ['web', { registry: '', repository: 'web', tag: '' }],
    ['library/web:1', { registry: '', repository: 'library/web', tag: '1' }],
    ['reg.io:5000/a/web', { registry: 'reg.io:5000', repository: 'a/web', tag: '' }],
    ['localhost/web@sha256:abc', { registry: 'localhost', repository: 'web', tag: 'sha256:abc' }],
  ])('reads %s, and formatImage() writes it back', (text, want) => {
    expect(parseImage(text)).toEqual(want)
    expect(formatImage(want)).toBe(text)
  })
})
