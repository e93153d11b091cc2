// The rules of aggregated roles, as people read them.
import type { KubeObject } from '@flotilla/machinery/object'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { ensureBootstrapRoles } from '../access/bootstrap-roles.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'

const group = 'rbac.authorization.k8s.io'
const clusterRoles = { group, version: 'v1', plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }

async function aServer() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  return { env, server, api: server.apiAs({ name: 'admin', groups: ['system:masters'] }) }
}

function aRole(name: string, labels: Record<string, string>, more: object): KubeObject {
  return { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name, labels }, ...more }
}

const reads = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })
const takes = (...labels: string[]) => ({
  aggregationRule: { clusterRoleSelectors: labels.map((label) => ({ matchLabels: { [label]: 'yes' } })) },
})

describe('startRoleAggregation()', () => {
  test('writes the rules of the selected roles by name, each once, and follows them', async () => {
    const { env, api } = await aServer()
    await api.create(clusterRoles, aRole('all', {}, takes('a', 'b')))
    await api.create(clusterRoles, aRole('two', { a: 'yes' }, { rules: [reads('pods'), reads('nodes')] }))
    await api.create(clusterRoles, aRole('one', { a: 'yes', b: 'yes' }, { rules: [reads('events'), reads('pods')] }))
    await env.settle()
    const rules = async () => (await api.get(clusterRoles, { name: 'all' }))['rules']
    expect(await rules()).toEqual([reads('events'), reads('pods'), reads('nodes')])
    await api.delete(clusterRoles, { name: 'two' })
    await env.settle()
    expect(await rules()).toEqual([reads('events'), reads('pods')])
    await api.delete(clusterRoles, { name: 'one' })
    await env.settle()
    expect((await rules()) ?? []).toEqual([])
  })

  test('fills the roles that every server has, through all levels', async () => {
    const { env, server, api } = await aServer()
    await ensureBootstrapRoles(server)
    await env.settle()
    const role = async (name: string) => JSON.stringify((await api.get(clusterRoles, { name }))['rules'])
    expect(await role('view')).toContain('"endpointslices"')
    expect(await role('admin')).toContain('"endpointslices"')
    expect(await role('admin')).toContain('"secrets"')
    expect(await role('view')).not.toContain('"secrets"')
  })

  test('writes nothing when nothing changed', async () => {
    const { env, server, api } = await aServer()
    await ensureBootstrapRoles(server)
    await env.settle()
    const { revision } = server.store
    await api.update(clusterRoles, await api.get(clusterRoles, { name: 'view' }))
    await env.settle()
    expect(server.store.revision).toBe(revision)
  })
})
