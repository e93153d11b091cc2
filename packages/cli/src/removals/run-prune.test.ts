// flotilla prune on a hub with a member.
import { clusterResource, type Cluster, type Orphan } from '@flotilla/api/cluster'
import { hubLabel } from '@flotilla/api/group'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { approvalsKey } from '@flotilla/control-plane/delivery/breaker/approval'
import { textAt } from '@flotilla/machinery/untyped'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoMember } from '../demo/demo-member.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub
let member: DemoMember

beforeAll(async () => {
  t = await startTestHub()
  member = await t.startMember('eu')
  await t.run('join', 'eu', '--cluster-kubeconfig', t.kubeconfigOf(member))
  const labels = { [hubLabel]: await identityOf(t.hub.api) }
  const metadata = { namespace: 'default', name: 'stray', labels }
  await member.simulated.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
}, 60_000)
afterAll(() => t[Symbol.asyncDispose]())

async function report(oldest: readonly Orphan[]): Promise<void> {
  const patch = { status: { orphans: { count: oldest.length, oldest } } }
  await t.hub.api.patch<Cluster>(clusterResource, { name: 'eu' }, { type: 'merge', patch }, { subresource: 'status' })
}

const strays = async () =>
  (await member.simulated.api.list(configMaps, { namespace: 'default', labelSelector: hubLabel })).items.length

describe('flotilla prune', () => {
  it('lists, deletes nothing without --yes, and nothing that is only just unclaimed', async () => {
    const { out } = await t.run('prune')
    expect(out).toMatch(/^CLUSTER .*\neu +configmap\/stray +default +\d+s +<none> +only just: stays for now\n/)
    expect(out).toMatch(/\nNothing is deleted\. Next: the same with --yes\n$/)
    expect((await t.run('prune', '--yes')).out).toMatch(/All of them are only just unclaimed: nothing is deleted/)
    expect(await strays()).toBe(1)
  }, 30_000)

  it('leaves alone what a controller made, and what is only just unclaimed where another was reported', async () => {
    const { api } = member.simulated
    const stray = await api.get(configMaps, { namespace: 'default', name: 'stray' })
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'stray',
      uid: stray.metadata.uid ?? '',
      controller: true,
    }
    const { namespace, labels = {} } = stray.metadata
    const metadata = { namespace: namespace ?? '', name: 'derived', labels, ownerReferences: [owner] }
    await api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    const gone = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'gone', since: '2026-01-01T00:00:00Z' }
    await report([gone])
    const { out } = await t.run('prune', '--yes')
    expect(out).not.toContain('derived')
    expect(out).toContain('only just: stays for now')
    await api.delete(configMaps, { namespace: 'default', name: 'derived' })
    expect(await strays()).toBe(1)
  }, 30_000)

  it('deletes what the hub has reported, and writes down who did', async () => {
    const orphan = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'stray', since: '2026-01-01T00:00:00Z' }
    await report([orphan])
    expect((await t.run('prune', '-C', 'eu', '--kind', 'cm', '--yes')).out).toMatch(
      /eu +configmap\/stray .* orphaned\n\nConfigMap default\/stray on eu deleted\n$/,
    )
    expect(await strays()).toBe(0)
    const approvals = textAt(await t.hub.api.get(configMaps, approvalsKey), 'data', 'approvals')
    expect(JSON.parse(approvals)).toMatchObject({
      what: 'prune',
      workloads: ['ConfigMap default/stray on eu'],
      copies: 1,
    })
    expect((await t.run('prune')).err).toBe('Nothing is orphaned.\n')
  }, 30_000)
})
