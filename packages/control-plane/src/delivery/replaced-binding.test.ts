// A binding that was deleted by hand keeps what it says until another of its template has it. No policy controller runs.
import { resourceBindingResource, type BindingSpec, type ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment, refOf, startFleet, type TestFleet } from '../../test/test-fleet.ts'
import { replacementKeyOf } from '../binding-replacement.ts'

let t: TestFleet
let web: KubeObject
let deleted: ResourceBinding

const policy = { kind: 'PropagationPolicy', namespace: 'shop', name: 'web', uid: 'uid-policy' } as const
const removals: BindingSpec['removals'] = [
  {
    cluster: 'm1',
    id: 'id-m1',
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    templateUID: 'another',
    reason: 'NoLongerScheduled',
    since: '2026-01-01T00:00:00Z',
  },
]

beforeEach(async () => {
  t = await startFleet()
  t.byName['m1']?.simulated.faults.stop()
  await t.env.advance(30_000)
  web = await t.place(aDeployment('web'), deployments, { m2: 1 }, { policy, removals })
  deleted = await t.binding(web)
  await t.api.delete(resourceBindingResource, deleted.metadata)
  await t.env.advance(60_000)
})
afterEach(() => t[Symbol.asyncDispose]())

const replace = async ({ status }: Pick<ResourceBinding, 'status'>) => {
  const { apiVersion, kind, spec } = deleted
  const metadata = replacementKeyOf(refOf(web), deleted)
  const created = await t.api.create<ResourceBinding>(resourceBindingResource, { apiVersion, kind, metadata, spec })
  if (!status) return created
  const patch = { type: 'merge', patch: { status: { ...status } } } as const
  return t.api.patch<ResourceBinding>(resourceBindingResource, metadata, patch, { subresource: 'status' })
}

describe('a binding that was deleted by hand', () => {
  test('stays as it was until it is replaced, also over a restart', async () => {
    await t.restart()
    await t.env.advance(60_000)
    expect((await t.binding(web)).spec).toEqual(deleted.spec)
  })

  test('goes once another has what it said and what was observed', async () => {
    const next = await replace(deleted)
    await t.settle()
    await expect(t.binding(web)).rejects.toMatchObject({ code: 'NotFound' })
    expect((await t.api.get<ResourceBinding>(resourceBindingResource, next.metadata)).spec).toEqual(deleted.spec)
  })

  test('goes once no policy wants its template placed', async () => {
    const { name, namespace = '' } = deleted.metadata
    await t.api.patch(
      resourceBindingResource,
      { name, namespace },
      { type: 'merge', patch: { spec: { policy: null } } },
    )
    await t.settle()
    await expect(t.binding(web)).rejects.toMatchObject({ code: 'NotFound' })
    expect(await t.byName['m2']?.get(deployments, 'web')).toBeDefined()
  })

  test('has its copies removed when its template goes before it is replaced', async () => {
    await t.api.delete(deployments, { namespace: 'shop', name: 'web' })
    await t.settle()
    expect(await t.byName['m2']?.get(deployments, 'web')).toBeUndefined()
  })
})
