// Who may do what by roles and bindings, and who may give rights away.
import type { KubeObject } from '@flotilla/machinery/object'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import type { UserInfo } from '../operations.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { Attributes } from './authorizer.ts'
import { ensureBootstrapRoles } from './bootstrap-roles.ts'
import { createRbacAuthorizer } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-rules.ts'

const group = 'rbac.authorization.k8s.io'
const admin = { name: 'admin', groups: ['system:masters'] }
const eve: UserInfo = { name: 'eve', groups: ['dev', 'system:authenticated'] }
const anyone: UserInfo = { name: 'x', groups: ['system:authenticated'] }
const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

const rbacKind = (plural: string, kind: string, namespaced: boolean) => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced,
})
const roles = rbacKind('roles', 'Role', true)
const clusterRoles = rbacKind('clusterroles', 'ClusterRole', false)
const roleBindings = rbacKind('rolebindings', 'RoleBinding', true)
const clusterRoleBindings = rbacKind('clusterrolebindings', 'ClusterRoleBinding', false)
const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }

const readSecrets: PolicyRule = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
const readPods: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
const writeRbac: PolicyRule = {
  apiGroups: [group],
  resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
  verbs: ['get', 'create', 'update', 'patch', 'delete'],
}

function an(kind: string, name: string, more: object, namespace?: string): KubeObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) }
  return { apiVersion: `${group}/v1`, kind, metadata, ...more } as KubeObject
}

function aBinding(kind: string, name: string, role: string, subject: object = user('eve'), namespace?: string) {
  const [roleKind, roleName] = role.split(' ')
  return an(
    kind,
    name,
    { roleRef: { apiGroup: group, kind: roleKind, name: roleName }, subjects: [subject] },
    namespace,
  )
}

const user = (name: string) => ({ kind: 'User', apiGroup: group, name })

async function aServer() {
  const env = createVirtualEnv({ seed: 1 })
  const store = createMemoryStore({ env })
  const rbac = createRbacAuthorizer({ store })
  const server = await createKubeServer({ env, store, admission: [rbac.escalationHook] })
  await ensureBootstrapRoles(server)
  const api = server.apiAs(admin)
  for (const name of ['shop', 'other']) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const may = (asker: UserInfo, asked: Partial<Attributes>) =>
    rbac.authorize({
      user: asker,
      verb: 'get',
      group: '',
      version: 'v1',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      ...asked,
    }).allowed
  return { env, server, rbac, api, may }
}

describe('createRbacAuthorizer()', () => {
  test('counts a role binding in its namespace alone, and never for what has none', async () => {
    const { api, may } = await aServer()
    await api.create(
      clusterRoles,
      an('ClusterRole', 'all', { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }),
    )
    await api.create(roleBindings, aBinding('RoleBinding', 'all', 'ClusterRole all', user('eve'), 'shop'))
    expect(may(eve, { resource: 'secrets', namespace: 'shop' })).toBe(true)
    expect(may(eve, { resource: 'secrets', namespace: 'other' })).toBe(false)
    expect(may(eve, { resource: 'secrets' })).toBe(false)
    expect(may(eve, { resource: 'nodes' })).toBe(false)
    expect(may(eve, { path: '/metrics' })).toBe(false)
    expect(may(anyone, { resource: 'secrets', namespace: 'shop' })).toBe(false)
  })

  test.each([
    { name: 'a user', subject: user('eve'), asker: eve, want: true },
    { name: 'a group', subject: { kind: 'Group', apiGroup: group, name: 'dev' }, asker: eve, want: true },
    {
      name: 'a group that is named as the user',
      subject: { kind: 'Group', apiGroup: group, name: 'eve' },
      asker: eve,
      want: false,
    },
    {
      name: 'an account of the binding\u2019s namespace',
      subject: { kind: 'ServiceAccount', name: 'eve', namespace: 'shop' },
      asker: { name: 'system:serviceaccount:shop:eve', groups: [] },
      want: true,
    },
    {
      name: 'an account of another namespace',
      subject: { kind: 'ServiceAccount', name: 'eve', namespace: 'shop' },
      asker: { name: 'system:serviceaccount:other:eve', groups: [] },
      want: false,
    },
  ])('knows $name', async ({ subject, asker, want }) => {
    const { api, may } = await aServer()
    await api.create(roles, an('Role', 'r', { rules: [readPods] }, 'shop'))
    await api.create(roleBindings, aBinding('RoleBinding', 'b', 'Role r', subject, 'shop'))
    expect(may(asker, { resource: 'pods', namespace: 'shop' })).toBe(want)
  })

  test('follows changes of bindings and roles', async () => {
    const { api, may } = await aServer()
    const asked = { resource: 'pods', namespace: 'shop' }
    await api.create(roles, an('Role', 'r', { rules: [readPods] }, 'shop'))
    await api.create(roleBindings, aBinding('RoleBinding', 'b', 'Role r', user('eve'), 'shop'))
    await api.update(roles, an('Role', 'r', { rules: [] }, 'shop'))
    expect(may(eve, asked)).toBe(false)
    await api.update(roles, an('Role', 'r', { rules: [readPods] }, 'shop'))
    expect(may(eve, asked)).toBe(true)
    await api.delete(roleBindings, { name: 'b', namespace: 'shop' })
    expect(may(eve, asked)).toBe(false)
  })

  test('takes the roles that are selected into one, at any depth, and ends at circles', async () => {
    const { api, may } = await aServer()
    const label = (to: string) => ({ matchLabels: { to } })
    const taking = (name: string, labels: object, ...from: string[]) => ({
      ...an('ClusterRole', name, { aggregationRule: { clusterRoleSelectors: from.map(label) } }),
      metadata: { name, labels },
    })
    await api.create(clusterRoles, taking('top', { to: 'low' }, 'top') as KubeObject)
    await api.create(clusterRoles, taking('middle', { to: 'top' }, 'low') as KubeObject)
    const low = { ...an('ClusterRole', 'low', { rules: [readPods] }), metadata: { name: 'low', labels: { to: 'low' } } }
    await api.create(clusterRoles, low as KubeObject)
    await api.create(clusterRoleBindings, aBinding('ClusterRoleBinding', 'b', 'ClusterRole top'))
    expect(may(eve, { resource: 'pods' })).toBe(true)
    await api.delete(clusterRoles, { name: 'low' })
    expect(may(eve, { resource: 'pods' })).toBe(false)
  })
})

describe('ensureBootstrapRoles()', () => {
  test.each([
    { name: 'anybody may discover', asker: anyone, asked: { path: '/apis/apps/v1' }, want: true },
    { name: 'nobody may not', asker: anonymous, asked: { path: '/apis' }, want: false },
    { name: 'nobody may ask for health and version', asker: anonymous, asked: { path: '/readyz' }, want: true },
    { name: 'anybody may not read metrics', asker: anyone, asked: { path: '/metrics' }, want: false },
    {
      name: 'anybody may ask what they may',
      asker: anyone,
      asked: { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' },
      want: true,
    },
    {
      name: 'anybody may not ask what others may',
      asker: anyone,
      asked: { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
      want: false,
    },
    {
      name: 'anybody may not impersonate',
      asker: anyone,
      asked: { verb: 'impersonate', resource: 'users' },
      want: false,
    },
  ])('$name', async ({ asker, asked, want }) => {
    const { may } = await aServer()
    expect(may(asker, asked)).toBe(want)
  })

  test.each([
    { role: 'view', resource: 'secrets', verb: 'get', want: false },
    { role: 'view', resource: 'configmaps', verb: 'list', want: true },
    { role: 'view', resource: 'configmaps', verb: 'update', want: false },
    { role: 'edit', resource: 'secrets', verb: 'list', want: true },
    { role: 'edit', resource: 'roles', group, verb: 'get', want: false },
    { role: 'admin', resource: 'rolebindings', group, verb: 'create', want: true },
    { role: 'admin', resource: 'resourcequotas', verb: 'update', want: false },
    { role: 'admin', resource: 'deployments', group: 'apps', verb: 'patch', want: true },
  ])('$role $verb $resource: $want', async ({ role, want, ...asked }) => {
    const { api, may } = await aServer()
    await api.create(roleBindings, aBinding('RoleBinding', 'b', `ClusterRole ${role}`, user('eve'), 'shop'))
    expect(may(eve, { ...asked, namespace: 'shop' })).toBe(want)
    expect(may(eve, { ...asked, namespace: 'other' })).toBe(false)
  })

  test('leaves what people changed', async () => {
    const { server, api } = await aServer()
    const view = await api.get(clusterRoles, { name: 'system:discovery' })
    await api.update(clusterRoles, { ...view, rules: [readPods] } as KubeObject)
    await ensureBootstrapRoles(server)
    expect(await api.get(clusterRoles, { name: 'system:discovery' })).toMatchObject({ rules: [readPods] })
  })
})

describe('escalationHook', () => {
  /** eve may write roles and bindings everywhere, and read pods. */
  async function anEve(...more: readonly PolicyRule[]) {
    const setup = await aServer()
    await setup.api.create(clusterRoles, an('ClusterRole', 'writer', { rules: [writeRbac, readPods, ...more] }))
    await setup.api.create(clusterRoleBindings, aBinding('ClusterRoleBinding', 'writer', 'ClusterRole writer'))
    return { ...setup, asEve: setup.server.apiAs(eve) }
  }
  const refused = { code: 'Forbidden' }

  test('lets through what the writer has', async () => {
    const { asEve } = await anEve()
    await asEve.create(roles, an('Role', 'pods', { rules: [readPods] }, 'shop'))
    await asEve.create(roleBindings, aBinding('RoleBinding', 'pods', 'Role pods', user('bob'), 'shop'))
    await asEve.create(clusterRoles, an('ClusterRole', 'pods', { rules: [readPods] }))
  })

  test.each([
    { name: 'another resource', rule: readSecrets },
    { name: 'another verb', rule: { ...readPods, verbs: ['get', 'delete'] } },
    { name: 'every verb', rule: { ...readPods, verbs: ['*'] } },
    { name: 'every group', rule: { ...readPods, apiGroups: ['*'] } },
    { name: 'a subresource', rule: { ...readPods, resources: ['pods/exec'] } },
    { name: 'every subresource', rule: { ...readPods, resources: ['*/log'] } },
  ])('refuses to give $name', async ({ rule }) => {
    const { asEve } = await anEve()
    await expect(asEve.create(roles, an('Role', 'r', { rules: [rule] }, 'shop'))).rejects.toMatchObject(refused)
    await expect(asEve.create(clusterRoles, an('ClusterRole', 'r', { rules: [rule] }))).rejects.toMatchObject(refused)
  })

  test('refuses it by each way of writing', async () => {
    const { asEve } = await anEve()
    const role = await asEve.create(clusterRoles, an('ClusterRole', 'r', { rules: [readPods] }))
    const wanted = { rules: [readPods, readSecrets] }
    const key = { name: 'r' }
    const operations = [{ op: 'add', path: '/rules/-', value: readSecrets }] as const
    await expect(asEve.update(clusterRoles, { ...role, ...wanted } as KubeObject)).rejects.toMatchObject(refused)
    await expect(asEve.patch(clusterRoles, key, { type: 'merge', patch: wanted })).rejects.toMatchObject(refused)
    await expect(asEve.patch(clusterRoles, key, { type: 'json', operations })).rejects.toMatchObject(refused)
    const applied = an('ClusterRole', 'r', wanted)
    await expect(asEve.apply(clusterRoles, applied, { fieldManager: 'x', force: true })).rejects.toMatchObject(refused)
    const fresh = an('ClusterRole', 'fresh', wanted)
    await expect(asEve.apply(clusterRoles, fresh, { fieldManager: 'x' })).rejects.toMatchObject(refused)
  })

  test('refuses bindings of more, of roles that are not there yet, and changes of such bindings', async () => {
    const { api, asEve } = await anEve()
    const admin = aBinding('ClusterRoleBinding', 'b', 'ClusterRole cluster-admin')
    await expect(asEve.create(clusterRoleBindings, admin)).rejects.toMatchObject(refused)
    const later = aBinding('RoleBinding', 'b', 'ClusterRole later', user('eve'), 'shop')
    await expect(asEve.create(roleBindings, later)).rejects.toMatchObject({ code: 'NotFound' })
    await api.create(clusterRoleBindings, { ...admin, subjects: [] } as KubeObject)
    const patch = { subjects: [user('eve')] }
    const key = { name: 'b' }
    await expect(asEve.patch(clusterRoleBindings, key, { type: 'merge', patch })).rejects.toMatchObject(refused)
  })

  test('refuses to aggregate, to change what is aggregated, and to label another\u2019s role into one', async () => {
    const { api, asEve } = await anEve()
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
    const taking = an('ClusterRole', 'taking', { aggregationRule })
    await expect(asEve.create(clusterRoles, taking)).rejects.toThrow('must have cluster-admin privileges')
    await api.create(clusterRoles, taking)
    const wider = { aggregationRule: { clusterRoleSelectors: [{}] } }
    const key = { name: 'taking' }
    await expect(asEve.patch(clusterRoles, key, { type: 'merge', patch: wider })).rejects.toMatchObject(refused)
    const none = { aggregationRule: null }
    await expect(asEve.patch(clusterRoles, key, { type: 'merge', patch: none })).rejects.toMatchObject(refused)
    await api.create(clusterRoles, an('ClusterRole', 'secrets', { rules: [readSecrets] }))
    const labels = { metadata: { labels: { [`${group}/aggregate-to-view`]: 'true' } } }
    await expect(
      asEve.patch(clusterRoles, { name: 'secrets' }, { type: 'merge', patch: labels }),
    ).rejects.toMatchObject(refused)
  })

  test('lets finalizers go whatever the role gives', async () => {
    const { api, asEve } = await anEve()
    const role = an('ClusterRole', 'secrets', { rules: [readSecrets] })
    await api.create(clusterRoles, { ...role, metadata: { name: 'secrets', finalizers: ['x.io/y'] } } as KubeObject)
    const patch = { metadata: { finalizers: null } }
    await asEve.patch(clusterRoles, { name: 'secrets' }, { type: 'merge', patch })
  })

  test('obeys the verbs escalate and bind, on the named roles alone', async () => {
    const only = { apiGroups: [group], resources: ['clusterroles'], resourceNames: ['view'] }
    const { asEve } = await anEve({ ...only, verbs: ['bind', 'escalate'] })
    await asEve.create(clusterRoleBindings, aBinding('ClusterRoleBinding', 'v', 'ClusterRole view'))
    const other = aBinding('ClusterRoleBinding', 'e', 'ClusterRole edit')
    await expect(asEve.create(clusterRoleBindings, other)).rejects.toMatchObject(refused)
    const patch = { metadata: { labels: { x: 'y' } } }
    await asEve.patch(clusterRoles, { name: 'view' }, { type: 'merge', patch })
    await expect(asEve.patch(clusterRoles, { name: 'edit' }, { type: 'merge', patch })).rejects.toMatchObject(refused)
  })
})
