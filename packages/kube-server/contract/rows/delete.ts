// Delete: preconditions, finalizers, propagation, collections, grace.
import { get, patch, post, put, remove, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, deployment, deployments, pod, pods } from './objects.ts'

const a = `${configMaps}/a`
const made = post(configMaps, configMap('a'))
const held = post(configMaps, configMap('a', { a: '1' }, { finalizers: ['example.com/x'] }))
const owned = post(
  configMaps,
  configMap(
    'child',
    {},
    { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: '{1.metadata.uid}' }] },
  ),
)
const blocking = post(
  configMaps,
  configMap(
    'child',
    {},
    {
      finalizers: ['example.com/x'],
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: '{1.metadata.uid}', blockOwnerDeletion: true },
      ],
    },
  ),
)

export const deleteRows: readonly Row[] = [
  row('delete answers a Status with the uid', made, remove(a), get(a)),
  row('delete a missing object', remove(a)),
  row('delete dry run', made, remove(`${a}?dryRun=All`), get(a)),
  row('delete dry run in the body', made, remove(a, { dryRun: ['All'] }), get(a)),
  row('delete with the right uid', made, remove(a, { preconditions: { uid: '{1.metadata.uid}' } })),
  row('delete with a wrong uid', made, remove(a, { preconditions: { uid: 'x' } })),
  row(
    'delete with the right version',
    made,
    remove(a, { preconditions: { resourceVersion: '{1.metadata.resourceVersion}' } }),
  ),
  row('delete with a wrong version', made, remove(a, { preconditions: { resourceVersion: '1' } })),
  row('delete waits for finalizers', held, remove(a), get(a), remove(a)),
  row(
    'delete ends with the last finalizer',
    held,
    remove(a),
    patch('merge', a, { metadata: { finalizers: null } }),
    get(a),
  ),
  row('delete ends with the last finalizer by an update', held, remove(a), put(a, configMap('a')), get(a)),
  row(
    'a deleted object takes no new finalizers',
    held,
    remove(a),
    patch('merge', a, { metadata: { finalizers: ['example.com/x', 'example.com/y'] } }),
  ),
  row('a deleted object can still change', held, remove(a), patch('merge', a, { data: { b: '2' } })),
  row('a deleted object cannot be created again while it waits', held, remove(a), post(configMaps, configMap('a'))),
  row(
    'deletion time cannot be taken back',
    held,
    remove(a),
    patch('merge', a, { metadata: { deletionTimestamp: null } }),
  ),
  row('delete in the foreground sets a finalizer', made, owned, blocking, remove(`${a}?propagationPolicy=Foreground`)),
  row(
    'delete in the foreground deletes what is owned',
    made,
    owned,
    remove(`${a}?propagationPolicy=Foreground`),
    get(`${configMaps}/child`, { until: { code: 404 } }),
    get(a, { until: { code: 404 } }),
  ),
  row(
    'delete in the foreground waits for what blocks',
    made,
    blocking,
    remove(`${a}?propagationPolicy=Foreground`),
    get(`${configMaps}/child`, { until: { path: 'metadata.deletionGracePeriodSeconds', equals: 0 } }),
    get(a),
    patch('merge', `${configMaps}/child`, { metadata: { finalizers: null } }),
    get(a, { until: { code: 404 } }),
  ),
  row(
    'delete in the background deletes what is owned',
    made,
    owned,
    remove(`${a}?propagationPolicy=Background`),
    get(`${configMaps}/child`, { until: { code: 404 } }),
  ),
  row(
    'delete orphans what is owned',
    made,
    owned,
    remove(a, { propagationPolicy: 'Orphan' }),
    get(a, { until: { code: 404 } }),
    get(`${configMaps}/child`),
  ),
  row('delete with an unknown policy', made, remove(`${a}?propagationPolicy=Nope`)),
  row(
    'delete with orphanDependents',
    made,
    owned,
    remove(a, { orphanDependents: true }),
    get(a, { until: { code: 404 } }),
    get(`${configMaps}/child`),
  ),
  row('delete with both ways of propagation', made, remove(a, { orphanDependents: true, propagationPolicy: 'Orphan' })),
  row('delete with a negative grace period', made, remove(a, { gracePeriodSeconds: -1 })),
  row('delete with a grace period that is no number', made, remove(`${a}?gracePeriodSeconds=x`)),
  row(
    'delete a dependent of an owner that is not there',
    post(
      configMaps,
      configMap(
        'child',
        {},
        {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'e5a94c8e-0000-4000-8000-000000000000' },
          ],
        },
      ),
    ),
    get(`${configMaps}/child`, { until: { code: 404 } }),
  ),
  row('delete a pod that no node runs', post(pods, pod('p')), remove(`${pods}/p`), get(`${pods}/p`)),
  row(
    'delete a pod of a node waits for its grace',
    post(pods, pod('p', {}, { nodeName: 'n1' })),
    remove(`${pods}/p`),
    get(`${pods}/p`),
    remove(`${pods}/p?gracePeriodSeconds=5`),
    remove(`${pods}/p?gracePeriodSeconds=0`),
    get(`${pods}/p`),
  ),
  row('delete with an unknown field in the body', made, remove(a, { nope: 1 })),
  row('delete with a body of another kind', made, remove(a, { kind: 'ConfigMap', apiVersion: 'v1' })),
  row('delete with broken JSON', made, remove(a, '{')),
  row('delete a deployment in the background', post(deployments, deployment('d')), remove(`${deployments}/d`)),
  row('delete a collection', made, post(configMaps, configMap('b')), remove(configMaps), get(configMaps)),
  row(
    'delete a collection by label',
    post(configMaps, configMap('a', {}, { labels: { x: '1' } })),
    post(configMaps, configMap('b')),
    remove(`${configMaps}?labelSelector=x%3D1`),
    get(configMaps),
  ),
  row('delete a collection dry run', made, remove(`${configMaps}?dryRun=All`), get(configMaps)),
  row('delete a collection with finalizers', held, remove(configMaps), get(configMaps)),
  row('delete an empty collection', remove(deployments)),
  row('delete the collection of all namespaces', remove('/api/v1/configmaps')),
]
