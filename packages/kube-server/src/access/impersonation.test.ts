// Acting as another: what each header asks for, and what the caller must be allowed.
import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { UserInfo } from '../operations.ts'
import { allowAll, type Attributes, type Authorizer } from './authorizer.ts'
import { impersonated } from './impersonation.ts'

const caller: UserInfo = { name: 'proxy', groups: ['system:masters'] }
const asked: Attributes = {
  user: caller,
  verb: 'list',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: 'shop',
  name: '',
}

function become(authorizer: Authorizer, headers: IncomingHttpHeaders, who = caller): UserInfo {
  return impersonated(authorizer, who, headers, { ...asked, user: who })
}

/** Allows those whose verb, group, resource and name are among `rights`. */
function allowing(...rights: readonly string[]): Authorizer {
  const words = ({ verb, group, resource, subresource, namespace, name }: Attributes) =>
    [verb, group, resource, subresource, namespace, name].join(' ')
  return { ...allowAll, authorize: (attributes) => ({ allowed: rights.includes(words(attributes)), reason: '' }) }
}

function recorder(allowed: (attributes: Attributes) => boolean = () => true) {
  const asked: Attributes[] = []
  const authorizer: Authorizer = {
    ...allowAll,
    authorize(attributes) {
      asked.push(attributes)
      return { allowed: allowed(attributes), reason: '' }
    },
  }
  return { asked, authorizer }
}

describe('impersonated()', () => {
  test('leaves the caller as it is without headers, and with empty ones', () => {
    expect(become(allowAll, { host: 'x' })).toBe(caller)
    expect(become(allowAll, { 'impersonate-user': '', 'impersonate-group': '' })).toBe(caller)
  })

  test.each([
    { name: 'a user', given: { 'impersonate-user': 'a' }, want: { name: 'a', groups: ['system:authenticated'] } },
    {
      name: 'groups',
      given: { 'impersonate-user': 'a', 'impersonate-group': 'x, y' },
      want: { name: 'a', groups: ['x', 'y', 'system:authenticated'] },
    },
    {
      name: 'a service account',
      given: { 'impersonate-user': 'system:serviceaccount:ns:sa' },
      want: {
        name: 'system:serviceaccount:ns:sa',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      },
    },
    {
      name: 'half a service account',
      given: { 'impersonate-user': 'system:serviceaccount:ns:' },
      want: { name: 'system:serviceaccount:ns:', groups: ['system:authenticated'] },
    },
    {
      name: 'uid and extra',
      given: { 'impersonate-user': 'a', 'impersonate-uid': '1', 'impersonate-extra-scopes%2fx': 'r, w' },
      want: { name: 'a', uid: '1', groups: ['system:authenticated'], extra: { 'scopes/x': ['r', 'w'] } },
    },
    {
      name: 'nobody',
      given: { 'impersonate-user': 'system:anonymous' },
      want: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
    },
  ])('becomes $name', ({ given, want }) => {
    expect(become(allowAll, given)).toEqual(want)
  })

  test('never keeps the groups of the caller', () => {
    expect(become(allowAll, { 'impersonate-user': 'a' }).groups).not.toContain('system:masters')
  })

  test.each([
    { 'impersonate-group': 'system:masters' },
    { 'impersonate-uid': '1' },
    { 'impersonate-extra-scopes': 'x' },
    { 'impersonate-extra-__proto__': 'x' },
  ])('refuses %o without a user', (headers) => {
    expect(() => become(allowAll, headers)).toThrow(expect.objectContaining({ code: 'BadRequest' }) as Error)
  })

  test('asks for each thing on its own', () => {
    const { asked, authorizer } = recorder()
    become(authorizer, {
      'impersonate-user': 'system:serviceaccount:ns:sa',
      'impersonate-group': 'x, system:masters',
      'impersonate-uid': '1',
      'impersonate-extra-scopes': 'r',
    })
    const words = asked.map(({ verb, group, resource, subresource, namespace, name }) =>
      [verb, group, resource, subresource, namespace, name].join(' '),
    )
    expect(words).toEqual([
      'impersonate  serviceaccounts  ns sa',
      'impersonate authentication.k8s.io uids   1',
      'impersonate  groups   x',
      'impersonate  groups   system:masters',
      'impersonate authentication.k8s.io userextras scopes  r',
    ])
    expect(asked.every(({ user }) => user === caller)).toBe(true)
  })

  test.each(['users', 'groups', 'uids', 'userextras'])('refuses who may not impersonate %s', (resource) => {
    const { authorizer } = recorder((attributes) => attributes.resource !== resource)
    const headers = {
      'impersonate-user': 'a',
      'impersonate-group': 'g',
      'impersonate-uid': '1',
      'impersonate-extra-x': 'y',
    }
    expect(() => become(authorizer, headers)).toThrow(expect.objectContaining({ code: 'Forbidden' }) as Error)
  })

  const on = (mode: string) => `impersonate-on:${mode}:list apps deployments  shop `
  const node = (mode: string, name: string) => `impersonate:${mode} authentication.k8s.io nodes   ${name}`
  const bob = 'impersonate:user-info authentication.k8s.io users   bob'
  const agent = {
    name: 'system:serviceaccount:kube-system:agent',
    groups: [],
    extra: { 'authentication.kubernetes.io/node-name': ['n1'] },
  }

  test.each([
    { name: 'a user', rights: [on('user-info'), bob], headers: { 'impersonate-user': 'bob' }, groups: [] },
    {
      name: 'a service account',
      rights: [on('serviceaccount'), 'impersonate:serviceaccount authentication.k8s.io serviceaccounts  ns sa'],
      headers: { 'impersonate-user': 'system:serviceaccount:ns:sa' },
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
    },
    {
      name: 'a node',
      rights: [on('arbitrary-node'), node('arbitrary-node', 'n2')],
      headers: { 'impersonate-user': 'system:node:n2' },
      groups: ['system:nodes'],
    },
    {
      name: 'the node it runs on',
      rights: [on('associated-node'), node('associated-node', '*')],
      headers: { 'impersonate-user': 'system:node:n1' },
      groups: ['system:nodes'],
    },
  ])('lets who may do so for such requests become $name, and needs each right', ({ rights, headers, groups }) => {
    const name = headers['impersonate-user']
    const got = become(allowing(...rights), headers, agent)
    expect(got).toEqual({ name, groups: [...groups, 'system:authenticated'] })
    for (const missing of rights) {
      const fewer = rights.filter((right) => right !== missing)
      expect(() => become(allowing(...fewer), headers, agent)).toThrow('is forbidden')
    }
  })

  test('takes the node of a pod for nobody but its own service account', () => {
    const rights = allowing(on('associated-node'), node('associated-node', '*'))
    const headers = { 'impersonate-user': 'system:node:n1' }
    expect(() => become(rights, { 'impersonate-user': 'system:node:n2' }, agent)).toThrow('is forbidden')
    expect(() => become(rights, headers, { ...agent, name: 'alice' })).toThrow('is forbidden')
    expect(() => become(rights, headers, { ...agent, extra: {} })).toThrow('is forbidden')
  })

  test.each([
    { name: 'masters', headers: { 'impersonate-group': 'system:masters' }, why: 'the system:masters group' },
    { name: 'a key without a domain', headers: { 'impersonate-extra-scopes': 'x' }, why: 'an invalid key in extra' },
  ])('makes $name of nobody who may not do so for all requests', ({ headers, why }) => {
    const constrained: Authorizer = {
      ...allowAll,
      authorize: ({ verb }) => ({ allowed: verb !== 'impersonate', reason: '' }),
    }
    expect(() => become(constrained, { 'impersonate-user': 'bob', ...headers })).toThrow(
      `impersonating ${why} is not allowed`,
    )
  })

  test('tells what the first way lacked, and shows whom headers without a user name', () => {
    expect(() => become(allowing(), { 'impersonate-user': 'bob' })).toThrow(
      'deployments.apps is forbidden: User "proxy" cannot impersonate-on:user-info:list resource "deployments" in API group "apps" in the namespace "shop"',
    )
    expect(() => become(allowAll, { 'impersonate-group': 'x, y', 'impersonate-extra-b%2fc': 'r' })).toThrow(
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"x", "y"}, Extra:map[string][]string{"b/c":[]string{"r"}}} without impersonating a user name',
    )
  })
})
