// Watches: events since a version, initial events, selectors, expiry. Each ends by its own timeout of a second.
import { get, patch, post, quietly, remove, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import { configMap, configMaps, deployment, deployments } from './objects.ts'

const list = get(configMaps)
const since = 'watch=true&timeoutSeconds=1&resourceVersion={1.metadata.resourceVersion}'
const life: readonly Step[] = [
  list,
  post(configMaps, configMap('a', { a: '1' }, { labels: { x: '1' } })),
  patch('merge', `${configMaps}/a`, { data: { b: '2' } }),
  remove(`${configMaps}/a`),
]
const table = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } }
const partial = { headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' } }

export const watchRows: readonly Row[] = [
  row('watch gives every change since a version', ...life, get(`${configMaps}?${since}`)),
  row(
    'watch by the old path',
    ...life,
    get(`/api/v1/watch/namespaces/{ns}/configmaps?timeoutSeconds=1&resourceVersion={1.metadata.resourceVersion}`),
  ),
  row(
    'watch from a later version',
    ...life,
    get(`${configMaps}?watch=1&timeoutSeconds=1&resourceVersion={3.metadata.resourceVersion}`),
  ),
  row(
    'watch without a version begins with what is there',
    ...life.slice(0, 2),
    quietly(list),
    get(`${configMaps}?watch=true&timeoutSeconds=1`),
  ),
  row('watch from version 0', ...life.slice(0, 2), get(`${configMaps}?watch=true&timeoutSeconds=1&resourceVersion=0`)),
  row(
    'watch one object',
    ...life,
    post(configMaps, configMap('b')),
    get(`${configMaps}?${since}&fieldSelector=metadata.name%3Db`),
  ),
  row(
    'watch one object by the old path',
    ...life,
    get('/api/v1/watch/namespaces/{ns}/configmaps/a?timeoutSeconds=1&resourceVersion={1.metadata.resourceVersion}'),
  ),
  row('watch by label', ...life, get(`${configMaps}?${since}&labelSelector=x%3D1`)),
  row(
    'watch sees an object leave and enter a selection',
    list,
    post(configMaps, configMap('a', {}, { labels: { x: '1' } })),
    patch('merge', `${configMaps}/a`, { metadata: { labels: { x: '2' } } }),
    patch('merge', `${configMaps}/a`, { metadata: { labels: { x: '1' } } }),
    get(`${configMaps}?${since}&labelSelector=x%3D1`),
  ),
  row(
    'watch sees a deletion that waits',
    list,
    post(configMaps, configMap('a', {}, { finalizers: ['x.io/y'] })),
    remove(`${configMaps}/a`),
    patch('merge', `${configMaps}/a`, { metadata: { finalizers: null } }),
    get(`${configMaps}?${since}`),
  ),
  row(
    'watch with initial events',
    ...life.slice(0, 2),
    post(configMaps, configMap('b')),
    get(
      `${configMaps}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    ),
  ),
  row(
    'watch with initial events of an empty collection',
    get(
      `${deployments}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    ),
  ),
  row(
    'watch with initial events without bookmarks',
    get(`${configMaps}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`),
  ),
  row(
    'watch with initial events needs a match',
    get(`${configMaps}?watch=true&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true`),
  ),
  row(
    'watch without initial events',
    ...life.slice(0, 2),
    get(
      `${configMaps}?watch=true&timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    ),
  ),
  row('watch with a match alone', get(`${configMaps}?watch=true&timeoutSeconds=1&resourceVersionMatch=NotOlderThan`)),
  row(
    'watch with an exact match',
    get(`${configMaps}?watch=true&timeoutSeconds=1&resourceVersion=1&resourceVersionMatch=Exact`),
  ),
  row('watch from a version that is no number', get(`${configMaps}?watch=true&timeoutSeconds=1&resourceVersion=abc`)),
  row('watch refuses pages', get(`${configMaps}?watch=true&timeoutSeconds=1&continue=abc`)),
  row('watch with a limit', get(`${configMaps}?watch=true&timeoutSeconds=1&limit=1`)),
  row('watch with a bad selector', get(`${configMaps}?watch=true&timeoutSeconds=1&labelSelector=a%20b`)),
  row(
    'watch with a field that cannot be selected',
    get(`${configMaps}?watch=true&timeoutSeconds=1&fieldSelector=data.x%3D1`),
  ),
  row(
    'watch of a namespace that is not there',
    get('/api/v1/namespaces/{ns}-other/configmaps?watch=true&timeoutSeconds=1'),
  ),
  row('watch as tables', ...life, get(`${configMaps}?${since}`, table)),
  row('watch as metadata', ...life, get(`${configMaps}?${since}`, partial)),
  row(
    'watch sees a status change',
    get(deployments),
    post(deployments, deployment('d')),
    patch('merge', `${deployments}/d/status`, { status: { replicas: 1, unavailableReplicas: 1 } }),
    get(`${deployments}?${since}`),
  ),
  row('watch with timeout 0 and a bad boolean', get(`${configMaps}?watch=maybe&timeoutSeconds=1`)),
  row('sendInitialEvents without watch', get(`${configMaps}?sendInitialEvents=true`)),
]
