// JSON patch, merge patch and strategic merge patch.
import { get, managedRow, patch, post, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import { configMap, configMaps, deployment, deployments, pod, pods, service, services } from './objects.ts'

type Case = readonly [name: string, body: unknown]

const json: readonly Case[] = [
  ['add', [{ op: 'add', path: '/data/b', value: '2' }]],
  ['add over', [{ op: 'add', path: '/data/a', value: '2' }]],
  ['replace', [{ op: 'replace', path: '/data/a', value: '2' }]],
  ['replace missing', [{ op: 'replace', path: '/data/z', value: '2' }]],
  ['remove', [{ op: 'remove', path: '/data/a' }]],
  ['remove missing', [{ op: 'remove', path: '/data/z' }]],
  ['test right', [{ op: 'test', path: '/data/a', value: '1' }]],
  ['test wrong', [{ op: 'test', path: '/data/a', value: '2' }]],
  ['test missing', [{ op: 'test', path: '/data/z', value: '2' }]],
  ['copy', [{ op: 'copy', from: '/data/a', path: '/data/c' }]],
  ['move', [{ op: 'move', from: '/data/a', path: '/data/c' }]],
  ['move missing', [{ op: 'move', from: '/data/z', path: '/data/c' }]],
  [
    'escaped',
    [
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/a~1b', value: 'x' },
    ],
  ],
  ['no parent', [{ op: 'add', path: '/metadata/annotations/a', value: 'x' }]],
  ['unknown operation', [{ op: 'frob', path: '/data/a' }]],
  ['no list', { op: 'add', path: '/data/b', value: '2' }],
  ['empty', []],
  ['name', [{ op: 'replace', path: '/metadata/name', value: 'b' }]],
  ['wrong type', [{ op: 'add', path: '/data/b', value: 2 }]],
  ['whole', [{ op: 'replace', path: '', value: {} }]],
  ['stale version', [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }]],
]

const merge: readonly Case[] = [
  ['add and remove', { data: { a: null, b: '2' } }],
  ['remove a map', { data: null }],
  ['empty', {}],
  ['labels', { metadata: { labels: { x: 'y' } } }],
  ['stale version', { metadata: { resourceVersion: '1' }, data: { b: '2' } }],
  ['wrong uid', { metadata: { uid: 'x' }, data: { b: '2' } }],
  ['name', { metadata: { name: 'b' } }],
  ['wrong type', { data: { b: 2 } }],
  ['unknown field', { nope: 1 }],
  ['no object', []],
  ['bad kind', { kind: 'Secret' }],
]

const container = {
  name: 'c',
  image: 'i:1',
  env: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ],
  ports: [{ containerPort: 80 }, { containerPort: 81, name: 'x' }],
}
const made: Step = post(
  deployments,
  deployment('d', {
    template: {
      metadata: { labels: { app: 'a' } },
      spec: {
        containers: [container],
        tolerations: [{ key: 'k', operator: 'Exists' }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    },
  }),
)

function inContainer(fields: object): object {
  return { spec: { template: { spec: { containers: [{ name: 'c', ...fields }] } } } }
}

const strategic: readonly Case[] = [
  ['sets a field of a list element', inContainer({ image: 'i:2' })],
  ['adds a list element', { spec: { template: { spec: { containers: [{ name: 'new', image: 'n:1' }] } } } }],
  ['deletes a list element', inContainer({ env: [{ name: 'A', $patch: 'delete' }] })],
  ['deletes a missing element', inContainer({ env: [{ name: 'Z', $patch: 'delete' }] })],
  ['replaces a list', inContainer({ env: [{ $patch: 'replace' }, { name: 'Z', value: '9' }] })],
  [
    'changes and adds in a list',
    inContainer({
      env: [
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ],
    }),
  ],
  [
    'orders a list',
    inContainer({
      env: [{ name: 'C', value: '4' }],
      '$setElementOrder/env': [{ name: 'C' }, { name: 'B' }, { name: 'A' }],
    }),
  ],
  ['merges ports by number', inContainer({ ports: [{ containerPort: 80, name: 'web' }] })],
  ['replaces an atomic list', { spec: { template: { spec: { tolerations: [{ key: 'z' }] } } } }],
  ['clears a list with null', inContainer({ env: null })],
  ['clears a field with null', { spec: { replicas: null } }],
  ['replaces a map', { spec: { template: { metadata: { labels: { $patch: 'replace', app: 'a', z: '1' } } } } }],
  ['retains keys of a union', { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }],
  ['fails without a merge key', { spec: { template: { spec: { containers: [{ image: 'x' }] } } } }],
  ['fails for an unknown directive', inContainer({ $patch: 'frob' })],
  [
    'changes a volume source with retained keys',
    {
      spec: {
        template: { spec: { volumes: [{ $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'm' } }] } },
      },
    },
  ],
  ['adds labels', { metadata: { labels: { x: 'y' } } }],
  ['adds a finalizer', { metadata: { finalizers: ['example.com/x'] } }],
  ['refuses an immutable field', { spec: { selector: { matchLabels: { app: 'z' } } } }],
]

export const patchRows: readonly Row[] = [
  ...json.map(([name, body]) =>
    row(`json patch: ${name}`, post(configMaps, configMap('a')), patch('json', `${configMaps}/a`, body)),
  ),
  ...merge.map(([name, body]) =>
    row(`merge patch: ${name}`, post(configMaps, configMap('a')), patch('merge', `${configMaps}/a`, body)),
  ),
  ...strategic.map(([name, body]) =>
    row(`strategic patch: ${name}`, made, patch('strategic', `${deployments}/d`, body)),
  ),
  row(
    'strategic patch: primitive lists',
    post(configMaps, configMap('a', {}, { finalizers: ['x.io/a', 'x.io/b'] })),
    patch('strategic', `${configMaps}/a`, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/a'] } }),
    patch('strategic', `${configMaps}/a`, {
      metadata: { finalizers: ['x.io/c'], '$setElementOrder/finalizers': ['x.io/c', 'x.io/b'] },
    }),
  ),
  row(
    'strategic patch: service ports',
    post(
      services,
      service('s', {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      }),
    ),
    patch('strategic', `${services}/s`, { spec: { ports: [{ port: 81, targetPort: 8081 }] } }),
  ),
  row(
    'merge patch replaces lists',
    made,
    patch('merge', `${deployments}/d`, { spec: { template: { spec: { containers: [{ name: 'z', image: 'z:1' }] } } } }),
  ),
  row(
    'json patch of a list element',
    made,
    patch('json', `${deployments}/d`, [
      { op: 'add', path: '/spec/template/spec/containers/0/env/-', value: { name: 'Z' } },
      { op: 'remove', path: '/spec/template/spec/containers/0/env/0' },
    ]),
  ),
  row(
    'json patch past the end of a list',
    made,
    patch('json', `${deployments}/d`, [{ op: 'add', path: '/spec/template/spec/containers/9', value: {} }]),
  ),
  row('patch a missing object', patch('merge', `${configMaps}/a`, { data: {} })),
  row('patch with an unknown type', post(configMaps, configMap('a')), {
    method: 'PATCH',
    path: `${configMaps}/a`,
    body: {},
    headers: { 'content-type': 'application/json' },
  }),
  row('patch without a type', post(configMaps, configMap('a')), {
    method: 'PATCH',
    path: `${configMaps}/a`,
    body: {},
    headers: { 'content-type': '' },
  }),
  row('patch with broken JSON', post(configMaps, configMap('a')), patch('merge', `${configMaps}/a`, '{')),
  row(
    'patch dry run stores nothing',
    post(configMaps, configMap('a')),
    patch('merge', `${configMaps}/a?dryRun=All`, { data: { b: '2' } }),
    get(`${configMaps}/a`),
  ),
  row(
    'patch with force is only for apply',
    post(configMaps, configMap('a')),
    patch('merge', `${configMaps}/a?force=true`, { data: {} }),
  ),
  row(
    'patch that changes nothing keeps the version',
    post(configMaps, configMap('a')),
    patch('merge', `${configMaps}/a`, { data: { a: '1' } }),
  ),
  row('patch of the collection', patch('merge', configMaps, {})),
  row(
    'patch with the current version',
    post(configMaps, configMap('a')),
    patch('merge', `${configMaps}/a`, {
      metadata: { resourceVersion: '{1.metadata.resourceVersion}' },
      data: { b: '2' },
    }),
  ),
  row(
    'patch of a pod that it may not change',
    post(pods, pod('p')),
    patch('strategic', `${pods}/p`, { spec: { containers: [{ name: 'c', command: ['x'] }] } }),
  ),
  managedRow(
    'patch owns what it changes',
    post(`${configMaps}?fieldManager=one`, configMap('a')),
    patch('merge', `${configMaps}/a?fieldManager=two`, { data: { b: '2' } }),
    patch('json', `${configMaps}/a?fieldManager=three`, [{ op: 'replace', path: '/data/a', value: '5' }]),
  ),
  managedRow(
    'patch of a list element is owned by its key',
    made,
    patch('strategic', `${deployments}/d?fieldManager=two`, inContainer({ env: [{ name: 'A', value: '7' }] })),
  ),
]
