// CustomResourceDefinitions and the resources that they make.
import { get, patch, post, put, quietly, remove, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import { defineWidgets, definitions, widget, widgetPath, widgets } from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const d = `${definitions}/widgets.{ns}.example.com`
const w = `${widgetPath}/w`
const string = { type: 'string' }

function object(properties: Fields, more: Fields = {}): Fields {
  return { type: 'object', properties, ...more }
}

function specOf(properties: Fields, more: Fields = {}): Fields {
  return object({ spec: object(properties, more) })
}

const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const table = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } }

/** What happens to one spec under one schema. */
function spec(name: string, schema: Fields, ...specs: readonly unknown[]): Row {
  return row(
    `custom resource: ${name}`,
    ...defineWidgets(schema),
    ...specs.map((value, index) => post(widgetPath, widget(`w${index}`, { spec: value }))),
  )
}

const specs: readonly Row[] = [
  spec('unknown fields are pruned', specOf({ a: string }), { a: 'x', b: 'y' }, { b: { c: 1 } }),
  spec('unknown fields are kept where the schema says so', specOf({ a: free }), { a: { x: 1 }, b: 1 }),
  spec(
    'fields are defaulted',
    specOf({
      a: { type: 'string', default: 'x' },
      b: object({ c: { type: 'integer', default: 5 } }, { default: {} }),
      l: { type: 'array', items: object({ n: { type: 'boolean', default: true } }) },
    }),
    {},
    { b: null, l: [{}, { n: false }] },
    { a: null },
  ),
  spec(
    'null is kept where it may be',
    specOf({ a: { type: 'string', nullable: true }, b: string }),
    { a: null },
    { b: null },
  ),
  spec(
    'types are checked',
    specOf({
      a: string,
      i: { type: 'integer' },
      n: { type: 'number' },
      b: { type: 'boolean' },
      l: { type: 'array', items: string },
      o: object({}),
    }),
    { a: 1 },
    { i: 1.5 },
    { n: 'x' },
    { b: 'true' },
    { l: {} },
    { l: [1] },
    { o: [] },
    'x',
    [],
  ),
  spec('required fields', specOf({ a: string, b: string }, { required: ['a', 'b'] }), {}, { a: '' }),
  spec('enumerations', specOf({ a: { type: 'string', enum: ['x', 'y'] } }), { a: 'z' }, { a: 'x' }),
  spec(
    'bounds of numbers',
    specOf({
      a: { type: 'integer', minimum: 1, maximum: 5 },
      b: { type: 'number', minimum: 0, exclusiveMinimum: true, multipleOf: 2 },
    }),
    { a: 0 },
    { a: 6 },
    { b: 0 },
    { b: 3 },
  ),
  spec(
    'bounds of strings',
    specOf({ a: { type: 'string', minLength: 2, maxLength: 3, pattern: '^[a-z]+$' } }),
    { a: 'x' },
    { a: 'xxxx' },
    { a: 'XY' },
    { a: 'éé' },
  ),
  spec(
    'bounds of lists',
    specOf({ a: { type: 'array', minItems: 1, maxItems: 2, items: string } }),
    { a: [] },
    { a: ['1', '2', '3'] },
  ),
  spec(
    'bounds of objects',
    specOf({ a: { type: 'object', additionalProperties: string, minProperties: 1, maxProperties: 2 } }),
    { a: {} },
    { a: { x: '1', y: '2', z: '3' } },
    { a: { x: 1 } },
  ),
  spec(
    'formats',
    specOf({
      t: { type: 'string', format: 'date-time' },
      u: { type: 'string', format: 'uuid' },
      i: { type: 'string', format: 'ipv4' },
      e: { type: 'string', format: 'email' },
      d: { type: 'string', format: 'date' },
      n: { type: 'integer', format: 'int32' },
    }),
    { t: 'x' },
    { u: 'x' },
    { i: 'x' },
    { e: 'x' },
    { d: 'x' },
    { n: 3_000_000_000 },
  ),
  spec(
    'integer or string',
    specOf({ a: { 'x-kubernetes-int-or-string': true } }),
    { a: 1 },
    { a: '1' },
    { a: true },
    { a: 1.5 },
  ),
  spec(
    'sets and keyed lists refuse duplicates',
    specOf({
      s: { type: 'array', 'x-kubernetes-list-type': 'set', items: string },
      m: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: object({ k: string }, { required: ['k'] }),
      },
    }),
    { s: ['a', 'a'] },
    { m: [{ k: 'a' }, { k: 'a' }] },
  ),
  spec(
    'combinations',
    specOf({
      a: { type: 'integer', anyOf: [{ minimum: 5 }, { maximum: 2 }] },
      b: { type: 'string', not: { enum: ['x'] } },
      c: { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: 3 }] },
      d: { type: 'integer', allOf: [{ minimum: 1 }, { maximum: 3 }] },
    }),
    { a: 3 },
    { b: 'x' },
    { c: 2 },
    { d: 9 },
  ),
  spec(
    'embedded resources',
    specOf({
      a: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    }),
    { a: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', nope: 1 } } },
    { a: { kind: 'Pod' } },
    { a: {} },
  ),
]

/** CRDs that are refused. */
const refused: readonly (readonly [string, Fields])[] = [
  ['a wrong name', { ...widgets(free), metadata: { name: 'gadgets.{ns}.example.com' } }],
  ['no versions', widgets(free, {}, { versions: [] })],
  ['no schema', widgets(free, { schema: null })],
  ['no stored version', widgets(free, { storage: false })],
  ['a schema without a type', widgets({ properties: { a: {} } })],
  ['a schema whose root is no object', widgets(string)],
  [
    'additional properties beside properties',
    widgets(specOf({ a: { type: 'object', properties: { b: string }, additionalProperties: string } })),
  ],
  ['a default that does not fit', widgets(specOf({ a: { type: 'integer', default: 'x' } }))],
  ['a list without items', widgets(specOf({ a: { type: 'array' } }))],
  [
    'a keyed list without keys',
    widgets(specOf({ a: { type: 'array', items: object({}), 'x-kubernetes-list-type': 'map' } })),
  ],
  ['types within a combination', widgets(specOf({ a: { type: 'string', anyOf: [{ type: 'string' }] } }))],
  ['a bad pattern', widgets(specOf({ a: { type: 'string', pattern: '(' } }))],
  ['a bad scope', widgets(free, {}, { scope: 'Everywhere' })],
  ['bad names', widgets(free, {}, { names: { plural: 'widgets', kind: 'widget kind', singular: 'W' } })],
  ['a column without a path', widgets(free, { additionalPrinterColumns: [{ name: 'A', type: 'string' }] })],
  ['a bad scale path', widgets(free, { subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '.y' } } })],
  ['unique items', widgets(specOf({ a: { type: 'array', items: string, uniqueItems: true } }))],
]

const status: readonly Step[] = defineWidgets(object({ spec: free, status: free }), {
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
})

const columns = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
  { name: 'When', type: 'date', jsonPath: '.spec.when' },
  { name: 'List', type: 'string', jsonPath: '.spec.list' },
]

const versions = ['v1', 'v2'].map((name) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: free },
}))

export const customResourceRows: readonly Row[] = [
  ...specs,
  ...refused.map(([what, body]) => row(`definition with ${what}`, post(definitions, body))),
  row(
    'definition becomes established',
    post(definitions, widgets(free)),
    get(d, { until: { path: 'status.conditions.1.status', equals: 'True' } }),
  ),
  row(
    'definition that clashes in names is not accepted',
    ...defineWidgets(free),
    post(definitions, {
      ...widgets(free, {}, { names: { plural: 'gadgets', kind: 'Widget' } }),
      metadata: { name: 'gadgets.{ns}.example.com' },
    }),
    get(`${definitions}/gadgets.{ns}.example.com`, { until: { path: 'status.conditions.0.status', equals: 'False' } }),
  ),
  row('definition cannot change its scope', ...defineWidgets(free), patch('merge', d, { spec: { scope: 'Cluster' } })),
  row(
    'definition deletes its objects with it',
    ...defineWidgets(free),
    quietly(post(widgetPath, widget('w'))),
    remove(d),
    quietly(get(d, { until: { code: 404 } })),
    quietly(get(widgetPath, { until: { code: 404 } })),
  ),
  row(
    'definition of cluster scope',
    ...defineWidgets(free, {}, { scope: 'Cluster' }),
    post('/apis/{ns}.example.com/v1/widgets', widget('w')),
    get('/apis/{ns}.example.com/v1/widgets/w'),
    get('/apis/{ns}.example.com/v1/namespaces/{ns}/widgets'),
  ),
  row(
    'definition of two versions',
    ...defineWidgets(free, {}, { versions }),
    quietly(post(widgetPath, widget('w', { spec: { a: 1 } }))),
    get('/apis/{ns}.example.com/v2/namespaces/{ns}/widgets/w', { until: { code: 200 } }),
    get('/apis/{ns}.example.com/v2/namespaces/{ns}/widgets'),
  ),
  row(
    'definition is discovered',
    ...defineWidgets(
      free,
      {},
      { names: { plural: 'widgets', kind: 'Widget', shortNames: ['wg'], categories: ['all'] } },
    ),
    get('/apis/{ns}.example.com', { until: { code: 200 } }),
    get('/apis/{ns}.example.com/v1', { until: { code: 200 } }),
  ),
  row(
    'definition without a stored version that was used',
    ...defineWidgets(free, {}, { versions }),
    patch('json', d, [{ op: 'remove', path: '/spec/versions/0' }]),
  ),
  row(
    'custom resource: life',
    ...defineWidgets(free),
    post(widgetPath, widget('w', { spec: { a: 1 } })),
    get(w),
    put(w, widget('w', { spec: { a: 2 } }, { resourceVersion: '{4.metadata.resourceVersion}' })),
    patch('merge', w, { spec: { b: 3 } }),
    patch('json', w, [{ op: 'remove', path: '/spec/a' }]),
    get(widgetPath),
    remove(w),
    get(w),
  ),
  row(
    'custom resource: update without a version',
    ...defineWidgets(free),
    quietly(post(widgetPath, widget('w'))),
    put(w, widget('w', { spec: {} })),
  ),
  row(
    'custom resource: no strategic patches',
    ...defineWidgets(free),
    quietly(post(widgetPath, widget('w'))),
    patch('strategic', w, {}),
  ),
  row(
    'custom resource: generation without a status',
    ...defineWidgets(free),
    post(widgetPath, widget('w', { spec: { a: 1 } })),
    patch('merge', w, { spec: { a: 2 } }),
    patch('merge', w, { metadata: { labels: { x: 'y' } } }),
    patch('merge', w, { status: { z: 1 } }),
  ),
  row(
    'custom resource: generation with a status',
    ...status,
    post(widgetPath, widget('w', { spec: { a: 1 }, status: { x: 1 } })),
    patch('merge', w, { spec: { a: 2 }, status: { x: 2 } }),
    patch('merge', `${w}/status`, { spec: { a: 9 }, status: { x: 3 }, metadata: { labels: { l: 'm' } } }),
  ),
  row(
    'custom resource: no status where none is',
    ...defineWidgets(free),
    quietly(post(widgetPath, widget('w'))),
    get(`${w}/status`),
  ),
  row(
    'custom resource: scale',
    ...status,
    quietly(post(widgetPath, widget('w', { spec: { replicas: 2 } }))),
    patch('merge', `${w}/status`, { status: { replicas: 1, selector: 'a=b' } }),
    get(`${w}/scale`),
    put(`${w}/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'w', namespace: '{ns}' },
      spec: { replicas: 7 },
    }),
    patch('merge', `${w}/scale`, { spec: { replicas: 8 } }),
  ),
  row(
    'custom resource: scale without replicas',
    ...status,
    quietly(post(widgetPath, widget('w', { spec: {} }))),
    get(`${w}/scale`),
  ),
  row(
    'custom resource: columns',
    ...defineWidgets(free, { additionalPrinterColumns: columns }),
    quietly(
      post(
        widgetPath,
        widget('w', {
          spec: { size: 3, when: '2001-01-01T00:00:00Z', list: ['a', 'b'] },
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        }),
      ),
    ),
    quietly(post(widgetPath, widget('x'))),
    get(widgetPath, table),
  ),
  row(
    'custom resource: without columns',
    ...defineWidgets(free),
    quietly(post(widgetPath, widget('w'))),
    get(w, table),
  ),
  row(
    'custom resource: selectable fields',
    ...defineWidgets(specOf({ color: string }), { selectableFields: [{ jsonPath: '.spec.color' }] }),
    quietly(post(widgetPath, widget('w', { spec: { color: 'red' } }))),
    quietly(post(widgetPath, widget('x', { spec: { color: 'blue' } }))),
    get(`${widgetPath}?fieldSelector=spec.color%3Dred`),
    get(`${widgetPath}?fieldSelector=spec.size%3D1`),
  ),
  row(
    'custom resource: wrong kind and version',
    ...defineWidgets(free),
    post(widgetPath, { ...widget('w'), kind: 'Gadget' }),
    post(widgetPath, { ...widget('w'), apiVersion: '{ns}.example.com/v2' }),
    post(widgetPath, { metadata: { name: 'w' } }),
  ),
  row(
    'custom resource: bad metadata',
    ...defineWidgets(free),
    post(widgetPath, widget('A_b')),
    post(widgetPath, widget('w', {}, { labels: { a: 1 } })),
    post(widgetPath, widget('w', {}, { labels: { 'a b': 'x' } })),
    post(widgetPath, widget('w', {}, { nope: 1 })),
  ),
]
