// flotilla adopt on a member that had objects before it was joined.
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub
let member: Awaited<ReturnType<TestHub['startMember']>>
const wait = { timeout: 30_000, interval: 200 }

beforeAll(async () => {
  t = await startTestHub({ probeEveryMs: 500 })
  member = await t.startMember('eu')
  await apiOfMember().create(configMaps, settings({ a: 'other', more: 'theirs' }))
  await t.run('join', 'eu', '--cluster-kubeconfig', t.kubeconfigOf(member))
  await t.hub.api.create(configMaps, settings({ a: '1' }))
  await t.hub.api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { namespace: 'default', name: 'all' },
    spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' }] },
  })
}, 60_000)
afterAll(() => t[Symbol.asyncDispose]())

const key = { namespace: 'default', name: 'settings' }
const settings = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data })
const apiOfMember = () => member.simulated.server.apiAs({ name: 'admin', groups: ['system:masters'] })

it('flotilla adopt shows what would change, consents to just that object, and then finds nothing more', async () => {
  await expect.poll(async () => (await t.run('status')).out, wait).toMatch(/flotilla adopt configmap\/settings/)
  const before = await apiOfMember().get(configMaps, key)
  expect(await t.run('adopt', 'configmap/settings', '-n', 'default', '--dry-run')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/settings on eu: 1 field would change\n[^]*data\.a +1 +other/),
  })
  expect(await apiOfMember().get(configMaps, key)).toEqual(before)
  expect(await t.run('adopt', 'configmap/settings', '-n', 'default', '-C', 'eu')).toMatchObject({ code: 0 })
  await expect
    .poll(async () => valueAt(await apiOfMember().get(configMaps, key), 'data'), wait)
    .toEqual({ a: '1', more: 'theirs' })
  expect((await apiOfMember().get(configMaps, key)).metadata.uid).toBe(before.metadata.uid)
  expect(await t.run('adopt', 'configmap/settings', '-n', 'default', '--dry-run')).toMatchObject({
    code: 0,
    out: 'Nothing to adopt: members have no ConfigMap default/settings that is not ours\n',
  })
}, 60_000)

it('flotilla adopt --dry-run of what there is not is an error of its own exit code', async () => {
  expect(await t.run('adopt', 'configmap/none', '-n', 'default', '--dry-run')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot find ConfigMap none'),
  })
})
