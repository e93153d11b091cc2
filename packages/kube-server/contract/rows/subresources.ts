// status, scale, eviction, binding, token and the like.
import { get, managedRow, patch, post, put, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMaps, deployment, deployments, namespaces, pod, pods } from './objects.ts'

const d = `${deployments}/d`
const made = post(deployments, deployment('d'))
const status = { replicas: 3, updatedReplicas: 3, unavailableReplicas: 3, observedGeneration: 1 }

export const subresourceRows: readonly Row[] = [
  row('status is read', made, get(`${d}/status`)),
  row(
    'status is updated and nothing else',
    made,
    put(`${d}/status`, { ...deployment('d', { replicas: 9 }, { labels: { x: 'y' } }), status }),
  ),
  row(
    'status is patched',
    made,
    patch('merge', `${d}/status`, { spec: { replicas: 7 }, status }),
    patch('strategic', `${d}/status`, { status: { conditions: [{ type: 'Available', status: 'True' }] } }),
    patch('strategic', `${d}/status`, { status: { conditions: [{ type: 'Progressing', status: 'True' }] } }),
  ),
  row('status is validated', made, patch('merge', `${d}/status`, { status: { replicas: -1 } })),
  row('status of a missing object', get(`${d}/status`)),
  row(
    'status with an old version',
    made,
    put(`${d}/status`, { ...deployment('d', {}, { resourceVersion: '1' }), status }),
  ),
  row('status of a kind that has none', post(configMaps, { metadata: { name: 'a' } }), get(`${configMaps}/a/status`)),
  row('status cannot be created', made, post(`${d}/status`, {})),
  row('status cannot be deleted', made, { method: 'DELETE', path: `${d}/status` }),
  row(
    'status of a pod',
    post(pods, pod('p')),
    patch('strategic', `${pods}/p/status`, {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }),
  ),
  row(
    'status of a namespace',
    patch('merge', `${namespaces}/{ns}/status`, { status: { conditions: [{ type: 'X', status: 'True' }] } }),
  ),
  row('scale is read', made, get(`${d}/scale`)),
  row(
    'scale is updated',
    made,
    put(`${d}/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'd', namespace: '{ns}' },
      spec: { replicas: 5 },
    }),
    get(d),
  ),
  row(
    'scale is patched',
    made,
    patch('merge', `${d}/scale`, { spec: { replicas: 4 } }),
    patch('json', `${d}/scale`, [{ op: 'replace', path: '/spec/replicas', value: 6 }]),
  ),
  row('scale is validated', made, patch('merge', `${d}/scale`, { spec: { replicas: -1 } })),
  row(
    'scale with an old version',
    made,
    put(`${d}/scale`, { metadata: { name: 'd', namespace: '{ns}', resourceVersion: '1' }, spec: { replicas: 5 } }),
  ),
  row('scale of a missing object', get(`${d}/scale`), patch('merge', `${d}/scale`, { spec: { replicas: 1 } })),
  managedRow(
    'scale has an owner',
    made,
    patch('merge', `${d}/scale?fieldManager=hpa`, { spec: { replicas: 4 } }),
    get(d),
  ),
  row(
    'scale of a replica set and a stateful set',
    post('/apis/apps/v1/namespaces/{ns}/replicasets', deployment('r')),
    get('/apis/apps/v1/namespaces/{ns}/replicasets/r/scale'),
    post('/apis/apps/v1/namespaces/{ns}/statefulsets', { metadata: { name: 's' }, spec: deployment('s')['spec'] }),
    get('/apis/apps/v1/namespaces/{ns}/statefulsets/s/scale'),
  ),
  row(
    'binding puts a pod on a node',
    post(pods, pod('p')),
    post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } }),
    get(`${pods}/p`),
    post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n2' } }),
  ),
  row(
    'eviction deletes a pod',
    post(pods, pod('p')),
    post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
    get(`${pods}/p`),
  ),
  row(
    'eviction of a missing pod',
    post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
  ),
  row(
    'token of a service account',
    post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', {
      spec: { audiences: ['x'], expirationSeconds: 3600 },
    }),
  ),
  row(
    'token of a service account that is not there',
    post('/api/v1/namespaces/{ns}/serviceaccounts/none/token', { spec: {} }),
  ),
  row(
    'token that lasts too short',
    post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', { spec: { expirationSeconds: 5 } }),
  ),
  row('a subresource that does not exist', made, get(`${d}/nope`)),
  row(
    'ephemeral containers of a pod',
    post(pods, pod('p')),
    patch('strategic', `${pods}/p/ephemeralcontainers`, {
      spec: { ephemeralContainers: [{ name: 'e', image: 'e:1' }] },
    }),
  ),
]
