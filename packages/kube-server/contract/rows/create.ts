// Create: names, generated names, dry runs, and bodies that do not fit.
import { get, post, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, deployment, deployments, namespaces, pods, service, services } from './objects.ts'

const yaml = { 'content-type': 'application/yaml' }

/** Names that a ConfigMap (a DNS subdomain) may or may not have. */
const names = ['A', 'a_b', 'a.b', '-a', 'a-', 'a..b', 'x'.repeat(253), 'x'.repeat(254), '1', 'ä', 'a/b', '..', '%']

const metadata: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['a label with a bad key', { labels: { '-a': 'x' } }],
  ['a label with a bad value', { labels: { a: 'b c' } }],
  ['a label whose value is too long', { labels: { a: 'x'.repeat(64) } }],
  ['a label with a bad prefix', { labels: { 'A_/b': 'x' } }],
  ['an annotation with a bad key', { annotations: { 'a b': 'x' } }],
  ['a label that is a number', { labels: { a: 1 } }],
  ['a finalizer without a domain', { finalizers: ['bad'] }],
  ['a finalizer with a domain', { finalizers: ['example.com/x'] }],
  ['an owner without a uid', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o' }] }],
  [
    'two controlling owners',
    {
      ownerReferences: ['1', '2'].map((uid) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: `o${uid}`,
        uid,
        controller: true,
      })),
    },
  ],
  [
    'system fields, which are overwritten',
    {
      uid: 'x',
      creationTimestamp: '2001-01-01T00:00:00Z',
      generation: 7,
      selfLink: '/x',
      deletionTimestamp: '2001-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 5,
    },
  ],
  ['an unknown field', { nope: 1 }],
  ['another namespace', { namespace: 'other' }],
  ['the same namespace', { namespace: '{ns}' }],
  ['a resourceVersion', { resourceVersion: '5' }],
  ['null labels', { labels: null }],
  ['empty labels', { labels: {} }],
]

export const createRows: readonly Row[] = [
  row('create answers 201 with what the server added', post(configMaps, configMap('a'))),
  row('create a name that is taken', post(configMaps, configMap('a')), post(configMaps, configMap('a'))),
  row('create a name that is taken in a group', post(deployments, deployment('d')), post(deployments, deployment('d'))),
  row('create generates a name', post(configMaps, { metadata: { generateName: 'g-' }, data: {} })),
  row(
    'create prefers a given name to a generated one',
    post(configMaps, { metadata: { generateName: 'g-', name: 'n' } }),
  ),
  row('create generates a name from a long prefix', post(configMaps, { metadata: { generateName: 'x'.repeat(100) } })),
  row('create without a name', post(configMaps, { metadata: {} })),
  row('create without metadata', post(configMaps, { data: { a: '1' } })),
  row('create takes apiVersion and kind from the path', post(configMaps, { metadata: { name: 'a' } })),
  row('create with the kind of another resource', post(configMaps, { ...configMap('a'), kind: 'Secret' })),
  row('create with an unknown kind', post(configMaps, { ...configMap('a'), kind: 'Nope' })),
  row('create with another apiVersion', post(configMaps, { ...configMap('a'), apiVersion: 'apps/v1' })),
  row('create with an unknown apiVersion', post(configMaps, { ...configMap('a'), apiVersion: 'nope/v9' })),
  row('create dry run stores nothing', post(`${configMaps}?dryRun=All`, configMap('a')), get(`${configMaps}/a`)),
  row(
    'create dry run of a name that is taken',
    post(configMaps, configMap('a')),
    post(`${configMaps}?dryRun=All`, configMap('a')),
  ),
  row('create with an unknown dry run', post(`${configMaps}?dryRun=Some`, configMap('a'))),
  row('create with a bad field manager', post(`${configMaps}?fieldManager=${'x'.repeat(129)}`, configMap('a'))),
  row('create with an unprintable field manager', post(`${configMaps}?fieldManager=a%07b`, configMap('a'))),
  row('create in a namespace that is not there', post('/api/v1/namespaces/{ns}-other/configmaps', configMap('a'))),
  row('create to the path of an object', post(`${configMaps}/a`, configMap('a'))),
  row('create to the collection of all namespaces', post('/api/v1/configmaps', configMap('a'))),
  row(
    'create from YAML',
    post(configMaps, 'metadata:\n  name: a\ndata:\n  yes: "no"\n  num: "08"\n', { headers: yaml }),
  ),
  row(
    'create from YAML with an old boolean',
    post(configMaps, 'metadata: {name: a}\nimmutable: yes\n', { headers: yaml }),
  ),
  row('create from broken YAML', post(configMaps, 'metadata: [', { headers: yaml })),
  row('create from broken JSON', post(configMaps, '{"metadata":')),
  row('create from an empty body', post(configMaps, '')),
  row('create from a list', post(configMaps, [])),
  row('create from a string', post(configMaps, '"x"')),
  row('create from null', post(configMaps, 'null')),
  row('create with an unknown content type', post(configMaps, 'x', { headers: { 'content-type': 'text/plain' } })),
  row(
    'create with a content type that has parameters',
    post(configMaps, configMap('a'), { headers: { 'content-type': 'application/json; charset=utf-8' } }),
  ),
  row(
    'create without a content type',
    post(configMaps, JSON.stringify(configMap('a')), { headers: { 'content-type': '' } }),
  ),
  row('create with a value of the wrong type', post(configMaps, { metadata: { name: 'a' }, data: { a: 1 } })),
  row('create with a list for an object', post(configMaps, { metadata: { name: 'a' }, data: [] })),
  row('create with a number for a list', post(pods, { metadata: { name: 'a' }, spec: { containers: 5 } })),
  row('create with a fraction for an integer', post(deployments, deployment('d', { replicas: 1.5 }))),
  row('create with an integer that is too large', post(deployments, deployment('d', { replicas: 3_000_000_000 }))),
  row('create with a string for an integer', post(deployments, deployment('d', { replicas: '3' }))),
  row(
    'create with a bad quantity',
    post(pods, {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 'much' } } }] },
    }),
  ),
  row(
    'create puts quantities into canonical form',
    post(
      deployments,
      deployment('d', {
        template: {
          metadata: { labels: { app: 'a' } },
          spec: {
            containers: [
              {
                name: 'c',
                image: 'i:1',
                resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { cpu: 2, memory: '1e9' } },
              },
            ],
          },
        },
      }),
    ),
  ),
  row(
    'create a Secret from stringData',
    post('/api/v1/namespaces/{ns}/secrets', {
      metadata: { name: 's' },
      stringData: { a: 'x' },
      data: { a: 'eQ==', b: 'eg==' },
    }),
  ),
  row(
    'create a Secret with bad base64',
    post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 's' }, data: { a: '***' } }),
  ),
  row('create a Deployment drops the given status', post(deployments, { ...deployment('d'), status: { replicas: 5 } })),
  row('create a Namespace', post(namespaces, { metadata: { name: '{ns}-new' } })),
  row('create a Service with a fixed address', post(services, service('s', { clusterIP: '10.96.200.7' }))),
  row('create a headless Service', post(services, service('s', { clusterIP: 'None' }))),
  ...names.map((name) =>
    row(
      `create with the name ${name.length > 30 ? `of ${name.length} letters` : JSON.stringify(name)}`,
      post(configMaps, configMap(name)),
    ),
  ),
  ...metadata.map(([what, fields]) => row(`create with ${what}`, post(configMaps, configMap('a', {}, fields)))),
]
