// Discovery documents of both kinds, and a read of which a part fails.
import { describe, expect, it } from 'vitest'
import { createDiscovery, discover, parseAggregated, parseResourceList } from './discovery.ts'
import { FlotillaError } from './errors.ts'
import type { KubeApi, RawRequest, RawResponse } from './kube-api.ts'

const aggregated = {
  kind: 'APIGroupDiscoveryList',
  items: [
    {
      metadata: { name: 'apps' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            {
              resource: 'deployments',
              responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
              scope: 'Namespaced',
              singularResource: 'deployment',
              verbs: ['get', 'list'],
              shortNames: ['deploy'],
              subresources: [{ subresource: 'status' }, { subresource: 'scale' }],
            },
          ],
        },
      ],
    },
    { metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1beta1', freshness: 'Stale' }] },
  ],
}

const legacyGroups = {
  kind: 'APIGroupList',
  groups: [
    {
      name: 'autoscaling',
      preferredVersion: { groupVersion: 'autoscaling/v2' },
      versions: [{ groupVersion: 'autoscaling/v1' }, { groupVersion: 'autoscaling/v2' }],
    },
    { name: 'gone.io', versions: [{ groupVersion: 'gone.io/v1' }] },
  ],
}

const scalers = [
  { name: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true, verbs: ['get'] },
]
const pods = [
  { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'], shortNames: ['po'] },
  { name: 'pods/status', kind: 'Pod', namespaced: true, verbs: ['get'] },
]

/** An API that only answers `raw`, from a table; what is not in it does not answer. */
function rawApi(answers: Record<string, unknown>): KubeApi {
  const raw = async ({ path }: RawRequest): Promise<RawResponse> => {
    const body = answers[path]
    if (body === undefined) throw new FlotillaError('Unavailable', `no answer for ${path}`)
    return body === 403
      ? { code: 403, contentType: 'application/json', body: {} }
      : { code: 200, contentType: 'application/json', body }
  }
  return { raw } as unknown as KubeApi
}

describe('discover()', () => {
  it('reads aggregated discovery in two requests and names stale groups', async () => {
    const core = { kind: 'APIGroupDiscoveryList', items: [] }
    const discovery = await discover(rawApi({ '/api': core, '/apis': aggregated }))
    expect(discovery.find('apps/v1', 'Deployment')).toMatchObject({
      plural: 'deployments',
      subresources: ['status', 'scale'],
    })
    expect(discovery.incompleteGroups).toEqual(['metrics.k8s.io/v1beta1'])
  })

  it('falls back to one read per group, prefers as the server does, and names what failed', async () => {
    const discovery = await discover(
      rawApi({
        '/api': { kind: 'APIVersions', versions: ['v1'] },
        '/apis': legacyGroups,
        '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: pods },
        '/apis/autoscaling/v1': { groupVersion: 'autoscaling/v1', resources: scalers },
        '/apis/autoscaling/v2': { groupVersion: 'autoscaling/v2', resources: scalers },
      }),
    )
    expect(discovery.preferred('autoscaling', 'HorizontalPodAutoscaler')?.version).toBe('v2')
    expect(discovery.findPlural('autoscaling', 'horizontalpodautoscalers')?.version).toBe('v2')
    expect(discovery.findPlural('autoscaling', 'horizontalpodautoscalers', 'v1')?.version).toBe('v1')
    expect(discovery.find('v1', 'Pod')).toMatchObject({ group: '', shortNames: ['po'], subresources: ['status'] })
    expect(discovery.incompleteGroups).toEqual(['gone.io/v1'])
  })

  it('throws when the roots themselves cannot be read', async () => {
    await expect(discover(rawApi({ '/api': 403, '/apis': 403 }))).rejects.toMatchObject({ code: 'Forbidden' })
    await expect(discover(rawApi({}))).rejects.toMatchObject({ code: 'Unavailable' })
  })
})

describe('createDiscovery()', () => {
  it('finds nothing in nothing, and reads malformed documents as empty', () => {
    expect(createDiscovery([]).find('v1', 'Pod')).toBeUndefined()
    expect(parseAggregated({ items: [null, { versions: 'x' }] })).toEqual({ resources: [], incomplete: [] })
    expect(parseResourceList('text')).toEqual([])
  })
})
