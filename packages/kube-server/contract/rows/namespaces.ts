// Namespaces from their beginning to their end.
import { get, patch, post, put, quietly, remove, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, namespaces } from './objects.ts'

const n = `${namespaces}/{ns}`
/** Upstream begins to empty a namespace seconds after its end was asked for. */
const emptying = quietly(
  get(n, { until: { path: 'status.conditions.0.type', equals: 'NamespaceDeletionDiscoveryFailure' } }),
)
const gone = quietly(get(n, { until: { code: 404 } }))

export const namespaceRows: readonly Row[] = [
  row(
    'namespace is deleted with what is in it',
    post(configMaps, configMap('a')),
    remove(n),
    gone,
    get(`${configMaps}/a`),
  ),
  row(
    'namespace that ends answers for a while for what is in it',
    quietly(post(configMaps, configMap('a'))),
    quietly(remove(n)),
    get(`${configMaps}/a`),
    remove(`${configMaps}/a`),
    gone,
  ),
  row(
    'namespace that ends takes nothing new',
    quietly(post(configMaps, configMap('a', {}, { finalizers: ['x.io/y'] }))),
    quietly(remove(n)),
    emptying,
    post(configMaps, configMap('b')),
    patch('merge', `${configMaps}/a`, { data: { x: '1' } }),
    quietly(patch('merge', `${configMaps}/a`, { metadata: { finalizers: null } })),
    gone,
  ),
  row(
    'namespace that ends is deleted again',
    quietly(post(configMaps, configMap('a', {}, { finalizers: ['x.io/y'] }))),
    remove(n),
    emptying,
    remove(n),
    quietly(patch('merge', `${configMaps}/a`, { metadata: { finalizers: null } })),
    gone,
  ),
  row(
    'namespace is finalized',
    quietly(post(namespaces, { metadata: { name: '{ns}-f' }, spec: { finalizers: ['x.io/y'] } })),
    remove(`${namespaces}/{ns}-f`),
    // Until the server's own finalizer, the second, is gone.
    quietly(get(`${namespaces}/{ns}-f`, { until: { path: 'spec.finalizers.1', equals: undefined } })),
    put(`${namespaces}/{ns}-f/finalize`, { metadata: { name: '{ns}-f' }, spec: { finalizers: [] } }),
  ),
  row(
    'namespace keeps its name as a label',
    patch('merge', n, { metadata: { labels: { 'kubernetes.io/metadata.name': 'x' } } }),
    patch('merge', n, { metadata: { labels: null } }),
  ),
  row('namespace that is taken', post(namespaces, { metadata: { name: '{ns}' } })),
  row('namespace default cannot be deleted', remove(`${namespaces}/default`), remove(`${namespaces}/kube-system`)),
  row('namespaces cannot be deleted together', remove(namespaces)),
]
