// Server-side apply that only creates: with a resourceVersion that no object can have, whatever is there stays.
import { apply, get, managedRow, patch, post, remove, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import {
  configMap,
  configMaps,
  defineWidgets,
  definitions,
  deployment,
  deployments,
  namespaces,
  pod,
  pods,
  service,
  services,
  widget,
  widgetPath,
  widgets,
} from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const a = `${configMaps}/a`
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles'
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases'
const sized = { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } }

/** `object`, which is not to exist yet. */
function unseen(object: Fields, resourceVersion = '9223372036854775807'): Fields {
  return { ...object, metadata: { ...(object['metadata'] as Fields), resourceVersion } }
}

function named(apiVersion: string, kind: string, name: string): Fields {
  return { apiVersion, kind, metadata: { name } }
}

/** Applied twice by one manager, then with `change` by it, and by another by force. */
function onlyOnce(collection: string, object: Fields, change: Fields, before: readonly Step[] = []): Row {
  const path = `${collection}/${String((object['metadata'] as Fields)['name'])}`
  const other = unseen({ ...object, ...change })
  return managedRow(
    `apply with a version that no object has creates a ${String(object['kind'])} once`,
    ...before,
    apply(path, unseen(object), 'one'),
    apply(path, unseen(object), 'one'),
    apply(path, other, 'one'),
    apply(path, other, 'two', true),
    get(path),
  )
}

export const createOnlyRows: readonly Row[] = [
  onlyOnce(configMaps, configMap('a'), { data: { b: '1' } }),
  onlyOnce(deployments, deployment('d'), { spec: { replicas: 3 } }),
  onlyOnce(services, service('s'), { spec: { ports: [{ port: 81 }] } }),
  onlyOnce(pods, pod('p'), { spec: { activeDeadlineSeconds: 9 } }),
  onlyOnce(namespaces, named('v1', 'Namespace', '{ns}-own'), {}),
  onlyOnce(roles, named('rbac.authorization.k8s.io/v1', 'Role', 'r'), { rules: [] }),
  onlyOnce(leases, named('coordination.k8s.io/v1', 'Lease', 'l'), { spec: { holderIdentity: 'x' } }),
  // Its status is written meanwhile: what it is in the end is not compared.
  row(
    'apply with a version that no object has creates a CustomResourceDefinition once',
    apply(`${definitions}/widgets.{ns}.example.com`, unseen(widgets({ type: 'object' })), 'one'),
    apply(`${definitions}/widgets.{ns}.example.com`, unseen(widgets({ type: 'object' })), 'one'),
    apply(`${definitions}/widgets.{ns}.example.com`, unseen(widgets({ type: 'object' })), 'two', true),
  ),
  onlyOnce(widgetPath, widget('w', { spec: { a: '1' } }), { spec: { a: '2' } }, defineWidgets(sized)),
  row(
    'apply with a version that no object has over what somebody else created',
    post(`${configMaps}?fieldManager=two`, configMap('a')),
    apply(a, unseen(configMap('a')), 'one'),
    apply(a, unseen(configMap('a', { a: '2' })), 'one'),
    apply(a, unseen(configMap('a', { b: '2' })), 'one', true),
    get(a),
  ),
  row(
    'apply with a version that no object has over what is being deleted',
    post(configMaps, configMap('a', {}, { finalizers: ['x.io/a'] })),
    remove(a),
    apply(a, unseen(configMap('a')), 'one'),
    patch('merge', a, { metadata: { finalizers: null } }),
    apply(a, unseen(configMap('a')), 'one'),
  ),
  row(
    'apply with a version that no object has in a namespace that is not there',
    apply('/api/v1/namespaces/{ns}-other/configmaps/a', unseen(configMap('a')), 'one'),
  ),
  row(
    'apply with a version that no object has, dry run',
    apply(a, unseen(configMap('a')), 'one&dryRun=All'),
    get(a),
    apply(a, unseen(configMap('a')), 'one'),
    apply(a, unseen(configMap('a')), 'one&dryRun=All'),
  ),
  row(
    'apply with a resourceVersion that is no number, to a missing object',
    apply(a, unseen(configMap('a'), 'x'), 'one'),
    apply(a, unseen(configMap('a'), '18446744073709551616'), 'one'),
    apply(a, unseen(configMap('a'), '0'), 'one'),
  ),
]
