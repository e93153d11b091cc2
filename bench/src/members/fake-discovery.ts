// Discovery documents of a fake API server: the few kinds that a hub looks for.

const aggregated = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {} }

/** The document at `path`, undefined for other paths. */
export function discoveryOf(path: string): object | undefined {
  return documents.get(path)
}

const documents = new Map<string, object>([
  ['/readyz', { status: 'ok' }],
  ['/version', { major: '1', minor: '36', gitVersion: 'v1.36.0-fake' }],
  ['/openapi/v3', { paths: {} }],
  [
    '/api',
    list(
      group('', [
        resource('', 'v1', 'Namespace', 'namespaces', 'Cluster'),
        resource('', 'v1', 'Node', 'nodes', 'Cluster'),
        resource('', 'v1', 'Pod', 'pods'),
        resource('', 'v1', 'Secret', 'secrets'),
        resource('', 'v1', 'ConfigMap', 'configmaps'),
        resource('', 'v1', 'ServiceAccount', 'serviceaccounts'),
      ]),
    ),
  ],
  [
    '/apis',
    list(
      group('apps', [resource('apps', 'v1', 'Deployment', 'deployments')]),
      group('coordination.k8s.io', [resource('coordination.k8s.io', 'v1', 'Lease', 'leases')]),
    ),
  ],
])

function list(...items: readonly object[]): object {
  return { ...aggregated, items }
}

function group(name: string, resources: readonly object[]): object {
  return { metadata: name === '' ? {} : { name }, versions: [{ version: 'v1', freshness: 'Current', resources }] }
}

function resource(groupName: string, version: string, kind: string, plural: string, scope = 'Namespaced'): object {
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']
  const responseKind = { group: groupName, version, kind }
  return { resource: plural, responseKind, scope, singularResource: kind.toLowerCase(), verbs, subresources: [] }
}
