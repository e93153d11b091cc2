// Server-side apply: owners of fields, conflicts, force, and lists with keys.
import { apply, get, managedRow, patch, post, put, remove, row } from '../row.ts'
import type { Row } from '../row.ts'
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  service,
  services,
  widget,
  widgetPath,
  defineWidgets,
} from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const d = `${deployments}/d`
const a = `${configMaps}/a`

function containers(...list: readonly object[]): object {
  return {
    ...deployment('d'),
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: list } },
    },
  }
}

function justReplicas(replicas: number): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas } }
}

/** Lists of every kind that a schema can have. */
const lists = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        atomic: { type: 'array', items: { type: 'string' } },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        map: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: {
            type: 'object',
            required: ['k'],
            properties: { k: { type: 'string' }, v: { type: 'string' }, w: { type: 'string' } },
          },
        },
        two: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k', 'p'],
          items: {
            type: 'object',
            required: ['k'],
            properties: { k: { type: 'string' }, p: { type: 'string', default: 'TCP' }, v: { type: 'string' } },
          },
        },
        whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
}

const w = `${widgetPath}/w`
const labelled: Fields = { labels: { a: 'b' }, annotations: { a: 'b' } }

function specOf(properties: Fields): Fields {
  return { type: 'object', properties: { spec: { type: 'object', properties } } }
}

function custom(name: string, one: object, two: object, force = false): Row {
  const path = `${widgetPath}/w`
  return managedRow(
    `apply to a custom resource: ${name}`,
    ...defineWidgets(lists),
    apply(path, widget('w', { spec: one }), 'one'),
    apply(path, widget('w', { spec: two }), 'two', force),
    apply(path, widget('w', { spec: {} }), 'one'),
  )
}

export const applyRows: readonly Row[] = [
  managedRow('apply creates', apply(a, configMap('a'), 'one')),
  managedRow('apply again changes nothing', apply(a, configMap('a'), 'one'), apply(a, configMap('a'), 'one')),
  managedRow(
    'apply shares a field of the same value',
    apply(a, configMap('a'), 'one'),
    apply(a, configMap('a'), 'two'),
  ),
  managedRow(
    'apply in conflict is refused',
    apply(a, configMap('a'), 'one'),
    apply(a, configMap('a', { a: '2' }), 'two'),
    get(a),
  ),
  managedRow(
    'apply in conflict over two fields',
    apply(a, configMap('a', { a: '1', b: '1' }), 'one'),
    apply(a, configMap('a', { a: '9', b: '9' }), 'two'),
  ),
  managedRow(
    'apply takes fields by force',
    apply(a, configMap('a'), 'one'),
    apply(a, configMap('a', { a: '2' }), 'two', true),
  ),
  managedRow(
    'apply removes what its manager no longer states',
    apply(a, configMap('a', { a: '1', b: '2' }), 'one'),
    apply(a, configMap('a', { a: '1' }), 'one'),
  ),
  managedRow(
    'apply keeps what another manager states too',
    apply(a, configMap('a', { a: '1', b: '2' }), 'one'),
    apply(a, configMap('a', { b: '2' }), 'two'),
    apply(a, configMap('a', { a: '1' }), 'one'),
  ),
  managedRow(
    'apply conflicts with an update',
    apply(a, configMap('a'), 'one'),
    put(`${a}?fieldManager=two`, configMap('a', { a: '2' })),
    apply(a, configMap('a', { a: '3' }), 'one'),
  ),
  managedRow(
    'apply over a created object conflicts',
    post(`${configMaps}?fieldManager=one`, configMap('a')),
    apply(a, configMap('a', { a: '2' }), 'two'),
  ),
  managedRow(
    'apply over a created object by the same manager',
    post(`${configMaps}?fieldManager=one`, configMap('a', { a: '1', b: '2' })),
    apply(a, configMap('a', { a: '1' }), 'one'),
  ),
  managedRow(
    'apply of nothing gives everything up',
    apply(a, configMap('a'), 'one'),
    apply(a, { apiVersion: 'v1', kind: 'ConfigMap' }, 'one'),
  ),
  managedRow(
    'apply gives labels and annotations owners',
    apply(a, configMap('a', {}, { labels: { l: '1' }, annotations: { n: '1' } }), 'one'),
    apply(a, configMap('a', {}, { labels: { m: '1' } }), 'two'),
    apply(a, configMap('a'), 'one'),
  ),
  managedRow(
    'apply gives finalizers owners',
    apply(a, configMap('a', {}, { finalizers: ['x.io/a'] }), 'one'),
    apply(a, configMap('a', {}, { finalizers: ['x.io/b'] }), 'two'),
    apply(a, configMap('a'), 'one'),
  ),
  row('apply without a field manager', patch('apply', a, configMap('a'))),
  row('apply with an empty field manager', patch('apply', `${a}?fieldManager=`, configMap('a'))),
  row('apply without a kind', apply(a, { metadata: { name: 'a' } }, 'one')),
  row('apply with the kind of another resource', apply(a, { ...configMap('a'), kind: 'Secret' }, 'one')),
  row('apply with another version', apply(a, { ...configMap('a'), apiVersion: 'v2' }, 'one')),
  row('apply with another name', apply(a, configMap('b'), 'one')),
  row(
    'apply with managed fields',
    apply(a, configMap('a', {}, { managedFields: [{ manager: 'x', operation: 'Apply' }] }), 'one'),
  ),
  row(
    'apply with a resourceVersion to a missing object',
    apply(a, configMap('a', {}, { resourceVersion: '1' }), 'one'),
  ),
  row(
    'apply with an old resourceVersion',
    apply(a, configMap('a'), 'one'),
    apply(a, configMap('a', { b: '1' }, { resourceVersion: '1' }), 'one'),
  ),
  row('apply with a wrong uid', apply(a, configMap('a'), 'one'), apply(a, configMap('a', {}, { uid: 'x' }), 'one')),
  row(
    'apply with an unknown field',
    apply(d, { ...deployment('d'), spec: { ...(deployment('d')['spec'] as object), nope: 1 } }, 'one'),
  ),
  row(
    'apply with a duplicate key in a list',
    apply(
      d,
      containers({
        name: 'c',
        image: 'i:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
      'one',
    ),
  ),
  row('apply with a list element without its key', apply(d, containers({ image: 'i:1' }), 'one')),
  row('apply with a wrong type', apply(d, { ...deployment('d'), spec: { replicas: 'x' } }, 'one')),
  row('apply from YAML', apply(a, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1"}\n', 'one')),
  row('apply from broken YAML', apply(a, 'a: [', 'one')),
  row(
    'apply from YAML with a duplicate key',
    apply(a, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1", x: "2"}\n', 'one'),
  ),
  row(
    'apply to a namespace that is not there',
    apply('/api/v1/namespaces/{ns}-other/configmaps/a', configMap('a'), 'one'),
  ),
  row('apply dry run stores nothing', apply(`${a}`, configMap('a'), 'one&dryRun=All'), get(a)),
  row(
    'apply an invalid object',
    apply(d, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: -1 } }, 'one'),
  ),
  managedRow('apply a deployment', apply(d, deployment('d'), 'one')),
  managedRow(
    'apply lets two managers have containers of their own',
    apply(d, containers({ name: 'c', image: 'i:1' }), 'one'),
    apply(
      d,
      { ...justReplicas(2), spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } } },
      'two',
    ),
    apply(d, containers({ name: 'c', image: 'i:2' }), 'one'),
  ),
  managedRow(
    'apply gives replicas to an autoscaler',
    apply(d, deployment('d', { replicas: 2 }), 'one'),
    patch('merge', `${d}/scale?fieldManager=hpa`, { spec: { replicas: 5 } }),
    apply(d, deployment('d', { replicas: 2 }), 'one'),
    apply(d, deployment('d'), 'one'),
  ),
  managedRow(
    'apply removes an element of a keyed list',
    apply(d, containers({ name: 'c', image: 'i:1' }, { name: 'e', image: 'i:1' }), 'one'),
    apply(d, containers({ name: 'c', image: 'i:1' }), 'one'),
  ),
  managedRow(
    'apply keeps the order of a keyed list',
    apply(d, containers({ name: 'c', image: 'i:1' }, { name: 'e', image: 'i:1' }), 'one'),
    apply(d, containers({ name: 'e', image: 'i:1' }, { name: 'c', image: 'i:1' }), 'one'),
  ),
  managedRow(
    'apply merges ports by number and protocol',
    apply(d, containers({ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }), 'one'),
    apply(d, containers({ name: 'c', image: 'i:1', ports: [{ containerPort: 80, protocol: 'UDP' }] }), 'two'),
  ),
  managedRow(
    'apply conflicts within a keyed list',
    apply(d, containers({ name: 'c', image: 'i:1' }), 'one'),
    apply(d, containers({ name: 'c', image: 'i:2' }), 'two'),
  ),
  managedRow(
    'apply to a service',
    apply(`${services}/s`, service('s'), 'one'),
    apply(`${services}/s`, service('s', { ports: [{ port: 81 }] }), 'two'),
  ),
  managedRow(
    'apply of a status',
    apply(d, deployment('d'), 'one'),
    apply(
      `${d}/status`,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        status: { replicas: 1, unavailableReplicas: 1 },
      },
      'two',
    ),
  ),
  managedRow('apply of null', apply(a, configMap('a', { a: '1', b: null }), 'one')),
  managedRow(
    'apply after the object was deleted',
    apply(a, configMap('a'), 'one'),
    remove(a),
    apply(a, configMap('a', { b: '2' }), 'two'),
  ),
  custom('an atomic list is one field', { atomic: ['a'] }, { atomic: ['b'] }),
  custom('an atomic list by force', { atomic: ['a'] }, { atomic: ['b'] }, true),
  custom('a set has owners for each element', { set: ['a', 'b'] }, { set: ['b', 'c'] }),
  custom(
    'a keyed list has owners for each field',
    { map: [{ k: 'a', v: '1' }] },
    { map: [{ k: 'a', w: '2' }, { k: 'b' }] },
  ),
  custom('a keyed list in conflict', { map: [{ k: 'a', v: '1' }] }, { map: [{ k: 'a', v: '2' }] }),
  custom('a keyed list with a defaulted key', { two: [{ k: 'a', v: '1' }] }, { two: [{ k: 'a', p: 'UDP', v: '2' }] }),
  custom('an atomic map is one field', { whole: { a: '1' } }, { whole: { b: '1' } }),
  custom('free fields are merged', { free: { a: { b: 1 } } }, { free: { a: { c: 2 } } }),
  custom('free fields in conflict', { free: { a: { b: 1 } } }, { free: { a: { b: 2 } } }),
  managedRow(
    'apply to a custom resource: what is left empty',
    ...defineWidgets(
      specOf({
        kept: { type: 'object', nullable: true, properties: { a: { type: 'string' } } },
        filled: { type: 'object', default: { a: 'x' }, properties: { a: { type: 'string' } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      }),
    ),
    apply(w, widget('w', { spec: { kept: { a: '1' }, filled: { a: '1' }, other: 1 } }, labelled), 'one'),
    apply(w, widget('w', { spec: { kept: {}, filled: {} } }, { labels: {}, annotations: {} }), 'one'),
    apply(w, widget('w', { spec: { free: { a: { b: 1 } } } }), 'one'),
    apply(w, widget('w', { spec: { free: { a: {} } } }), 'one'),
    apply(w, widget('w', { spec: { free: null } }), 'one'),
    apply(w, widget('w', { spec: null }), 'one'),
  ),
  managedRow(
    'apply to a custom resource: null of what is new',
    ...defineWidgets(specOf({ a: { type: 'string' } })),
    apply(w, widget('w', { spec: null }), 'one'),
    apply(w, widget('w', { spec: { a: null } }), 'one'),
    post(widgetPath, widget('v', { spec: null })),
    patch('merge', `${widgetPath}/v`, { spec: { a: null } }),
  ),
]
