// Who owns what the server itself decides: nobody, so that whoever applies later neither states nor loses it.
import { apply, get, managedRow, patch, post, put, quietly } from '../row.ts'
import type { Row } from '../row.ts'
import { definitions, namespaces, pod, podTemplate, pods, service, services, widgets } from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const core = '/api/v1/namespaces/{ns}'
const apps = '/apis/apps/v1/namespaces/{ns}'
const batch = '/apis/batch/v1/namespaces/{ns}'
const s = `${services}/s`
const set = `${apps}/daemonsets/a`
const kubectl = 'kubectl-client-side-apply'

const workload = { selector: { matchLabels: { app: 'a' } }, template: podTemplate() }
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } }
const storage = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const volume = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } }

function spec(fields: Fields, name = 'a'): Fields {
  return { metadata: { name }, spec: fields }
}

const created: readonly (readonly [name: string, path: string, body: Fields])[] = [
  ['service', services, service('s')],
  ['service for nodes', services, service('s', { type: 'NodePort' })],
  ['headless service', services, service('s', { clusterIP: 'None' })],
  ['pod', pods, pod('a')],
  ['pod with its token', pods, spec({ containers: [{ name: 'c', image: 'i:1' }] })],
  ['deployment', `${apps}/deployments`, spec(workload)],
  ['stateful set', `${apps}/statefulsets`, spec(workload)],
  ['daemon set', `${apps}/daemonsets`, spec(workload)],
  ['job', `${batch}/jobs`, spec(job)],
  ['cron job', `${batch}/cronjobs`, spec({ schedule: '0 0 * * *', jobTemplate: { spec: job } })],
  ['claim', `${core}/persistentvolumeclaims`, spec(storage)],
  ['volume', '/api/v1/persistentvolumes', spec(volume, '{ns}-o')],
  ['node', '/api/v1/nodes', { metadata: { name: '{ns}-o' } }],
  ['namespace', namespaces, { metadata: { name: '{ns}-o' } }],
  ['definition', definitions, widgets({ type: 'object' })],
]

export const ownerRows: readonly Row[] = [
  ...created.map(([name, path, body]) =>
    managedRow(`owners of what a new ${name} is given`, post(`${path}?fieldManager=one`, body)),
  ),
  managedRow(
    'owners of a service that kubectl applies in both ways',
    post(`${services}?fieldManager=${kubectl}`, service('s')),
    patch('strategic', `${s}?fieldManager=${kubectl}`, { spec: { selector: { a: 'b' } } }),
    apply(s, service('s', { selector: { a: 'c' } }), 'kubectl', true),
  ),
  managedRow(
    'owners of a service that is applied',
    apply(s, service('s'), 'one'),
    apply(s, service('s', { type: 'NodePort' }), 'one'),
  ),
  managedRow(
    'owners of a service that is put back without its address',
    post(`${services}?fieldManager=one`, service('s')),
    put(`${s}?fieldManager=two`, service('s', { selector: { a: 'b' } })),
    put(`${s}?fieldManager=one`, service('s', { type: 'NodePort' })),
    put(`${s}?fieldManager=one`, service('s', { type: 'ExternalName', externalName: 'a.example' })),
  ),
  managedRow(
    'owners of a service that is patched for nodes',
    post(`${services}?fieldManager=one`, service('s')),
    patch('merge', `${s}?fieldManager=two`, { spec: { type: 'NodePort' } }),
    patch('merge', `${s}?fieldManager=two`, { spec: { type: 'ClusterIP' } }),
  ),
  managedRow(
    'owners of a daemon set that changes',
    quietly(post(`${apps}/daemonsets?fieldManager=one`, spec(workload))),
    patch('merge', `${set}?fieldManager=two`, { metadata: { labels: { a: 'b' } } }),
    put(`${set}?fieldManager=two`, spec({ ...workload, template: podTemplate({ image: 'i:2' }) })),
    get(set),
  ),
  managedRow(
    'owners of a pod that moves',
    quietly(post(`${pods}?fieldManager=one`, pod('a'))),
    post(`${pods}/a/binding?fieldManager=two`, {
      metadata: { name: 'a' },
      target: { apiVersion: 'v1', kind: 'Node', name: 'n' },
    }),
    get(`${pods}/a`),
  ),
]
