// Requests that are wrong in themselves.
import { get, post, put, remove, row } from '../row.ts'
import type { Method, Row } from '../row.ts'
import { configMap, configMaps, deployments, namespaces } from './objects.ts'

const methods: readonly (readonly [Method, string])[] = [
  ['POST', '/api/v1/nodes/x'],
  ['PUT', '/api/v1/nodes'],
  ['PATCH', '/api/v1/nodes'],
  ['POST', '/version'],
  ['DELETE', '/apis'],
  ['HEAD', '/api/v1/namespaces'],
  ['OPTIONS', '/api/v1/namespaces'],
  ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
  ['GET', '/api/v1/namespaces/{ns}/bindings'],
  ['DELETE', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
]

function nested(depth: number): string {
  return `{"metadata":{"name":"a"},"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`
}

export const errorRows: readonly Row[] = [
  ...methods.map(([method, path]) => {
    const one = row(`${method} ${path}`, { method, path })
    // What it lists would hold the definitions of other rows.
    return path === '/apis' ? { ...one, first: true } : one
  }),
  row('a path with a double slash', get('/api//v1/namespaces')),
  row('a path that ends with a slash', get('/api/v1/namespaces/{ns}/')),
  row('a path of a cluster-scoped kind within a namespace', get('/api/v1/namespaces/{ns}/nodes')),
  row('a path of a namespaced object without its namespace', get('/api/v1/configmaps/a')),
  row('a path with too many parts', get(`${deployments}/d/status/x/y`)),
  row('a path with escapes', get('/api/v1/namespaces/%7Bns%7D')),
  row(
    'a namespace that is no name',
    get('/api/v1/namespaces/A_b/configmaps'),
    post('/api/v1/namespaces/A_b/configmaps', configMap('a')),
  ),
  row('a body that is nested deeply', post(configMaps, nested(100)), post(configMaps, nested(12_000))),
  row('a body that is too large', post(configMaps, configMap('a', { x: 'y'.repeat(3_200_000) }))),
  row('a body with trailing text', post(configMaps, '{"metadata":{"name":"a"}} x')),
  row('a body in another encoding', post(configMaps, configMap('a'), { headers: { 'content-encoding': 'br' } })),
  row(
    'a broken protobuf body',
    post(configMaps, 'k8s\u0000nope', { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } }),
  ),
  row('a field manager on a read', get(`${configMaps}?fieldManager=x`)),
  row('an update with a bad dry run', put(`${configMaps}/a?dryRun=x`, configMap('a'))),
  row('a delete with a bad dry run', post(configMaps, configMap('a')), remove(`${configMaps}/a?dryRun=x`)),
  row('a name in the path of a namespace that is too long', get(`${namespaces}/${'x'.repeat(300)}`)),
]
