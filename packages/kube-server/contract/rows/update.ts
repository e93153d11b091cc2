// Update: conflicts, immutable fields, generation, and objects made by an update.
import { get, managedRow, post, put, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, deployment, deployments, namespaces, pod, pods, service, services } from './objects.ts'

const current = { resourceVersion: '{1.metadata.resourceVersion}' }

export const updateRows: readonly Row[] = [
  row(
    'update without a resourceVersion wins',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', { b: '2' })),
  ),
  row(
    'update with the current resourceVersion',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', { b: '2' }, current)),
  ),
  row(
    'update with an old resourceVersion',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', { b: '2' })),
    put(`${configMaps}/a`, configMap('a', { c: '3' }, current)),
  ),
  row(
    'update with a resourceVersion that is no number',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', {}, { resourceVersion: 'x' })),
  ),
  row(
    'update with the right uid',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', {}, { uid: '{1.metadata.uid}' })),
  ),
  row(
    'update with another uid',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', {}, { uid: 'other' })),
  ),
  row(
    'update that changes nothing keeps the version',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a')),
    get(`${configMaps}/a`),
  ),
  row('update with another name', post(configMaps, configMap('a')), put(`${configMaps}/a`, configMap('b'))),
  row('update without a name', post(configMaps, configMap('a')), put(`${configMaps}/a`, { data: {} })),
  row(
    'update with another namespace',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', {}, { namespace: 'other' })),
  ),
  row('update a missing object', put(`${configMaps}/a`, configMap('a'))),
  row(
    'update a missing object with a resourceVersion',
    put(`${configMaps}/a`, configMap('a', {}, { resourceVersion: '5' })),
  ),
  row(
    'update a missing object of a kind that updates create',
    put('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/l', { metadata: { name: 'l' }, spec: {} }),
    put('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles/r', { metadata: { name: 'r' }, rules: [] }),
  ),
  row(
    'update dry run stores nothing',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a?dryRun=All`, configMap('a', { z: '9' })),
    get(`${configMaps}/a`),
  ),
  row('update to the collection', put(configMaps, configMap('a'))),
  row(
    'update counts the generation of a spec',
    post(deployments, deployment('d')),
    put(`${deployments}/d`, deployment('d', { replicas: 2 })),
    put(`${deployments}/d`, deployment('d', { replicas: 2 }, { labels: { a: 'b' } })),
  ),
  row(
    'update keeps the status',
    post(deployments, deployment('d')),
    put(`${deployments}/d/status`, { ...deployment('d'), status: { replicas: 3, unavailableReplicas: 3 } }),
    put(`${deployments}/d`, { ...deployment('d'), status: { replicas: 9 } }),
  ),
  row(
    'update of the selector is refused',
    post(deployments, deployment('d')),
    put(
      `${deployments}/d`,
      deployment('d', {
        selector: { matchLabels: { app: 'b' } },
        template: { metadata: { labels: { app: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      }),
    ),
  ),
  row(
    'update of an immutable ConfigMap',
    post(configMaps, { ...configMap('a'), immutable: true }),
    put(`${configMaps}/a`, configMap('a', { b: '2' })),
    put(`${configMaps}/a`, { ...configMap('a', { a: '2' }), immutable: true }),
  ),
  row(
    'update of a pod changes only its image',
    post(pods, pod('p')),
    put(`${pods}/p`, pod('p', { image: 'i:2' })),
    put(`${pods}/p`, pod('p', { image: 'i:2', command: ['x'] })),
  ),
  row(
    'update keeps a Service its address',
    post(services, service('s')),
    put(`${services}/s`, service('s', { selector: { a: 'b' } })),
  ),
  row(
    'update of a Service to another address',
    post(services, service('s', { clusterIP: '10.96.201.1' })),
    put(`${services}/s`, service('s', { clusterIP: '10.96.201.2' })),
  ),
  row(
    'update of a Secret its type',
    post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 's' } }),
    put('/api/v1/namespaces/{ns}/secrets/s', { metadata: { name: 's' }, type: 'other' }),
  ),
  row(
    'update of a role binding its role',
    post('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings', {
      metadata: { name: 'b' },
      roleRef: { kind: 'Role', name: 'x' },
      subjects: [],
    }),
    put('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings/b', {
      metadata: { name: 'b' },
      roleRef: { kind: 'Role', name: 'y' },
    }),
  ),
  row('update of a namespace', put(`${namespaces}/{ns}`, { metadata: { name: '{ns}', labels: { a: 'b' } } })),
  row(
    'update cannot take creation time or generation back',
    post(deployments, deployment('d')),
    put(`${deployments}/d`, deployment('d', {}, { generation: 50, creationTimestamp: '2001-01-01T00:00:00Z' })),
  ),
  row(
    'update removes labels that it does not give',
    post(configMaps, configMap('a', {}, { labels: { x: 'y' }, annotations: { n: 'm' } })),
    put(`${configMaps}/a`, configMap('a')),
  ),
  managedRow(
    'update owns what it changes',
    post(`${configMaps}?fieldManager=one`, configMap('a', { a: '1', b: '1' })),
    put(`${configMaps}/a?fieldManager=two`, configMap('a', { a: '1', b: '2' })),
  ),
  managedRow(
    'update forgets fields that nobody sets',
    post(`${configMaps}?fieldManager=one`, configMap('a', { a: '1', b: '1' })),
    put(`${configMaps}/a?fieldManager=two`, configMap('a', { a: '1' })),
  ),
  managedRow(
    'update can reset managed fields',
    post(configMaps, configMap('a')),
    put(`${configMaps}/a`, configMap('a', { a: '1' }, { managedFields: [{}] })),
  ),
  managedRow(
    'update takes the manager from the user agent',
    post(configMaps, configMap('a'), { headers: { 'user-agent': 'tool/v1.2 (linux/amd64) abc' } }),
  ),
  managedRow(
    'update of a deployment owns nested lists by key',
    post(`${deployments}?fieldManager=one`, deployment('d')),
    put(`${deployments}/d?fieldManager=two`, deployment('d', { replicas: 4 })),
  ),
  managedRow(
    'update of a status has a manager of its own',
    post(`${deployments}?fieldManager=one`, deployment('d')),
    put(`${deployments}/d/status?fieldManager=two`, {
      ...deployment('d'),
      status: { replicas: 1, unavailableReplicas: 1 },
    }),
  ),
]
