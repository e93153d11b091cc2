// The same decisions and documents for callers inside of the process, in the shapes that the server takes them.
import type { RawResponse } from '@flotilla/machinery/kube-api'
import type { Authorizer as ServerAuthorizer } from '../api-for.ts'
import { documents } from '../discovery/serve.ts'
import { serverVersion } from '../http/version.ts'
import type { ResourceCatalog } from '../served-resource.ts'
import type { Documents } from '../server.ts'
import { forbidden, type Authorizer } from './authorizer.ts'

/** For `KubeServer.setAuthorizer`. */
export function asServerAuthorizer(authorizer: Authorizer): ServerAuthorizer {
  return ({ user, verb, resource, subresource = '', namespace = '', name = '' }) => {
    const { group, version, plural } = resource
    const attributes = { user, verb, group, version, resource: plural, subresource, namespace, name }
    const decision = authorizer.authorize(attributes)
    if (!decision.allowed) throw forbidden(attributes, decision.reason)
  }
}

/** For `KubeServer.setDocuments`. */
export function asServerDocuments(catalog: ResourceCatalog): Documents {
  return (path, accept): RawResponse | undefined => {
    const [plain = ''] = path.split('?', 1)
    if (plain === '/version') return { code: 200, contentType: 'application/json', body: serverVersion }
    if (plain === '/healthz' || plain === '/livez' || plain === '/readyz')
      return { code: 200, contentType: 'text/plain', body: 'ok' }
    const document = documents(catalog, plain, accept)
    if (document === undefined) return undefined
    return { code: 200, contentType: document.contentType, body: JSON.parse(document.text) as unknown }
  }
}
