// Get, list, pages and selectors.
import { get, post, quietly, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import { configMap, configMaps, deployment, deployments, pod, pods } from './objects.ts'

const three: readonly Step[] = [
  post(configMaps, configMap('a', { x: '1' }, { labels: { tier: 'front', env: 'dev' } })),
  post(configMaps, configMap('b', { x: '2' }, { labels: { tier: 'back', env: 'dev' } })),
  post(configMaps, configMap('c', { x: '3' }, { labels: { tier: 'back', env: 'prod' } })),
  // A consistent read: what may be answered from a cache is in it from now on.
  quietly(get(configMaps)),
]

function listing(query: string): Row {
  return row(`list with ${query}`, ...three, get(`${configMaps}?${query}`))
}

const selectors = [
  'labelSelector=tier%3Dback',
  'labelSelector=tier%3D%3Dback',
  'labelSelector=tier!%3Dback',
  'labelSelector=tier%20in%20(back,front)',
  'labelSelector=tier%20notin%20(back)',
  'labelSelector=tier',
  'labelSelector=!tier',
  'labelSelector=tier%3Dback,env%3Ddev',
  'labelSelector=missing%3Dx',
  'labelSelector=missing!%3Dx',
  'labelSelector=tier%3D',
  'labelSelector=tier%20in%20()',
  'labelSelector=a%20b',
  'labelSelector=-bad%3Dx',
  'labelSelector=tier%3Dbad%20value!',
  'labelSelector=tier%3Ex',
  'labelSelector=n%3E1',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.name!%3Da',
  'fieldSelector=metadata.namespace%3D{ns}',
  'fieldSelector=metadata.name%3Da,metadata.namespace%3Dother',
  'fieldSelector=data.x%3D1',
  'fieldSelector=metadata.name',
  'fieldSelector=metadata.name%3Da&labelSelector=tier%3Dback',
]

const options = [
  'limit=2',
  'limit=3',
  'limit=0',
  'limit=-1',
  'limit=x',
  'resourceVersion=0',
  'resourceVersion=0&limit=1',
  'resourceVersion=1&resourceVersionMatch=Exact',
  'resourceVersion=0&resourceVersionMatch=Exact',
  'resourceVersionMatch=NotOlderThan',
  'resourceVersion=0&resourceVersionMatch=NotOlderThan',
  'resourceVersion=0&resourceVersionMatch=Nope',
  'resourceVersion=abc',
  'resourceVersion=999999999999&resourceVersionMatch=Exact',
  'continue=abc',
  'continue=abc&resourceVersion=5',
  'pretty=true',
  'timeoutSeconds=5',
  'unknownParameter=1',
]

export const readRows: readonly Row[] = [
  row('get an object', post(configMaps, configMap('a')), get(`${configMaps}/a`)),
  row(
    'get an object with its resourceVersion',
    post(configMaps, configMap('a')),
    get(`${configMaps}/a?resourceVersion={1.metadata.resourceVersion}`),
  ),
  row(
    'get an object with resourceVersion 0',
    post(configMaps, configMap('a')),
    quietly(get(configMaps)),
    get(`${configMaps}/a?resourceVersion=0`),
  ),
  row('get a missing object', get(`${configMaps}/missing`)),
  row('get a missing object of a group', get(`${deployments}/missing`)),
  row('get in a namespace that is not there', get('/api/v1/namespaces/{ns}-other/configmaps/a')),
  row('get a cluster-scoped object', get('/api/v1/namespaces/{ns}')),
  row('get a missing cluster-scoped object', get('/apis/rbac.authorization.k8s.io/v1/clusterroles/{ns}')),
  row('get a name that no object can have', get(`${configMaps}/A_B`)),
  row(
    'get an object through another version',
    post('/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers', {
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    }),
    get('/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers/h'),
  ),
  row('list an empty collection', get(`${deployments}`)),
  row('list in a namespace that is not there', get('/api/v1/namespaces/{ns}-other/configmaps')),
  row('list names the kind of the list and not of its items', ...three, get(configMaps)),
  row(
    'list over all namespaces by a label',
    post(configMaps, configMap('a', {}, { labels: { owner: '{ns}' } })),
    get('/api/v1/configmaps?labelSelector=owner%3D{ns}'),
  ),
  row(
    'list pages to the end',
    ...three,
    get(`${configMaps}?limit=2`),
    get(`${configMaps}?limit=2&continue={5.metadata.continue}`),
  ),
  row(
    'list pages are of one moment',
    ...three,
    get(`${configMaps}?limit=1`),
    post(configMaps, configMap('bb')),
    get(`${configMaps}?limit=9&continue={5.metadata.continue}`),
  ),
  row(
    'list pages keep the selector',
    ...three,
    get(`${configMaps}?limit=1&labelSelector=tier%3Dback`),
    get(`${configMaps}?limit=1&labelSelector=tier%3Dback&continue={5.metadata.continue}`),
  ),
  row(
    'list a continue token with a resourceVersion',
    ...three,
    get(`${configMaps}?limit=1`),
    get(`${configMaps}?limit=1&resourceVersion=1&continue={5.metadata.continue}`),
  ),
  row(
    'list at an exact earlier version',
    ...three,
    get(`${configMaps}?resourceVersion={2.metadata.resourceVersion}&resourceVersionMatch=Exact`),
  ),
  row(
    'list not older than a version',
    ...three,
    get(`${configMaps}?resourceVersion={2.metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`),
  ),
  row(
    'list pods by phase and node',
    post(pods, pod('p')),
    get(`${pods}?fieldSelector=status.phase%3DPending`),
    get(`${pods}?fieldSelector=spec.nodeName%3Dn1`),
    get(`${pods}?fieldSelector=spec.nodeName%3D,spec.restartPolicy%3DAlways`),
    get(`${pods}?fieldSelector=spec.image%3Dx`),
  ),
  row(
    'list secrets by type',
    post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 's' }, type: 'x.io/y' }),
    get('/api/v1/namespaces/{ns}/secrets?fieldSelector=type%3Dx.io/y'),
  ),
  row(
    'list events by what they regard',
    post('/api/v1/namespaces/{ns}/events', {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
      reason: 'Because',
      type: 'Normal',
    }),
    get('/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Dp,reason%3DBecause'),
    get('/apis/events.k8s.io/v1/namespaces/{ns}/events'),
  ),
  row('list namespaces by phase', get('/api/v1/namespaces?fieldSelector=metadata.name%3D{ns},status.phase%3DActive')),
  row(
    'list deployments refuses other fields',
    post(deployments, deployment('d')),
    get(`${deployments}?fieldSelector=spec.replicas%3D1`),
  ),
  ...selectors.map(listing),
  ...options.map(listing),
]
