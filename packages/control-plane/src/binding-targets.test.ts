import type { Removal } from '@flotilla/api/removal'
import { describe, expect, test } from 'vitest'
import { targetClusterIdsOf, targetsOf, targetsOn } from './binding-targets.ts'
import type { Binding } from './hub.ts'

const web = 'apps/Deployment/shop/web'
const settings = '/ConfigMap/shop/settings'
const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }
const removal = { cluster: 'us', id: 'id-us', object, templateUID: 'uid-settings', reason: 'r', since: 's' }

function aBinding(removals: readonly Removal[] = []): Binding {
  const explanation = { trigger: 't', inputHash: 'i', feasible: 1, rejected: {}, clusters: [] }
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-web' }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'a', uid: 'a' },
    spec: {
      workloads: [{ ref: workload, components: [] }],
      followers: [{ ref: { ...object, uid: 'uid-settings' } }],
      decision: { forHash: 'h', clusters: [{ name: 'eu', id: 'id-eu', replicas: 2 }], explanation },
      removals,
    },
  }
}

describe('targetsOf()', () => {
  test('names followers before workloads, and what is to be removed', () => {
    expect(targetsOf(aBinding([removal]))).toEqual(
      new Map([
        ['id-eu', new Set([settings, web])],
        ['id-us', new Set([settings])],
      ]),
    )
    expect([...(targetsOf(aBinding()).get('id-eu') ?? [])]).toEqual([settings, web])
  })
})

describe('targetsOn()', () => {
  const both = aBinding([removal, { ...removal, cluster: 'eu', id: 'id-eu', object: { ...object, name: 'old' } }])

  test.each(['id-eu', 'id-us', 'id-ap'])('is what targetsOf() has for %s', (id) => {
    expect(targetsOn(both, id)).toEqual(targetsOf(both).get(id) ?? new Set())
  })
})

test('targetClusterIdsOf() names each cluster of targetsOf() once', () => {
  const binding = aBinding([removal, removal, { ...removal, cluster: 'eu', id: 'id-eu' }])
  expect(targetClusterIdsOf(binding)).toEqual([...targetsOf(binding).keys()])
})
