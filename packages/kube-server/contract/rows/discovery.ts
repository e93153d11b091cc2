// What the server tells of itself.
import { get, row } from '../row.ts'
import type { Row } from '../row.ts'

const aggregated = { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } }
const old = { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' } }

const documents = [
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/apis/autoscaling',
  '/apis/autoscaling/v2',
  '/apis/batch/v1',
  '/apis/apiextensions.k8s.io/v1',
  '/apis/apiregistration.k8s.io/v1',
  '/apis/authorization.k8s.io/v1',
  '/apis/rbac.authorization.k8s.io/v1',
  '/apis/nope',
  '/apis/nope/v1',
  '/apis/apps/v9',
  '/api/v9',
  '/nope',
  '/api/v1/nope',
  '/apis/apps/v1/namespaces/default/nope',
  '/healthz',
  '/livez',
  '/readyz',
  '/readyz/ping',
  '/healthz/nope',
]

export const discoveryRows: readonly Row[] = [
  ...documents.map((path) => ({ ...row(`document ${path}`, get(path)), first: true })),
  ...['/api', '/apis'].map((path) => ({ ...row(`aggregated document ${path}`, get(path, aggregated)), first: true })),
  row('aggregated document of an old version', get('/api', old)),
]
