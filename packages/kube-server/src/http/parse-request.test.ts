// How paths become requests.
import { describe, expect, test } from 'vitest'
import { parseRequest } from './parse-request.ts'

const rows = [
  { method: 'GET', url: '/api/v1/pods', want: { verb: 'list', resource: 'pods', namespace: '', name: '' } },
  {
    method: 'GET',
    url: '/api/v1/namespaces/a',
    want: { verb: 'get', resource: 'namespaces', namespace: 'a', name: 'a' },
  },
  {
    method: 'PUT',
    url: '/api/v1/namespaces/a/finalize',
    want: { verb: 'update', resource: 'namespaces', subresource: 'finalize' },
  },
  {
    method: 'GET',
    url: '/api/v1/namespaces/a/pods?watch=1',
    want: { verb: 'watch', resource: 'pods', namespace: 'a' },
  },
  { method: 'GET', url: '/api/v1/namespaces/a/pods?watch=false', want: { verb: 'list', resource: 'pods' } },
  { method: 'GET', url: '/api/v1/pods?fieldSelector=metadata.name%3Dx', want: { verb: 'list', name: 'x' } },
  {
    method: 'DELETE',
    url: '/apis/apps/v1/namespaces/a/deployments',
    want: { verb: 'deletecollection', group: 'apps', version: 'v1' },
  },
  {
    method: 'PATCH',
    url: '/apis/apps/v1/namespaces/a/deployments/d/scale',
    want: { verb: 'patch', name: 'd', subresource: 'scale' },
  },
  { method: 'GET', url: '/apis/g.io/v1/widgets/a%2Fb', want: { verb: 'get', name: 'a/b' } },
  { method: 'GET', url: '/apis/apps/v1', want: { isResource: false, verb: 'get', path: '/apis/apps/v1' } },
  { method: 'GET', url: '/api/v1/namespaces//pods', want: { isResource: false } },
  { method: 'DELETE', url: '/apis/apps/v1/namespaces/a/deployments//status', want: { isResource: false } },
  { method: 'WATCH', url: '/api/v1/pods', want: { verb: '' } },
  { method: 'constructor', url: '/api/v1/pods', want: { verb: '' } },
  { method: 'GET', url: '/api/v1/watch/namespaces/a/pods/p', want: { verb: 'watch', namespace: 'a', name: 'p' } },
  { method: 'POST', url: '/healthz?verbose', want: { isResource: false, verb: 'post', path: '/healthz' } },
] as const

describe('parseRequest()', () => {
  test.each(rows)('reads $method $url', ({ method, url, want }) => {
    expect(parseRequest(method, url)).toMatchObject(want)
  })

  test('throws for a broken escape', () => {
    expect(() => parseRequest('GET', '/api/v1/pods/%zz')).toThrow(URIError)
  })
})
