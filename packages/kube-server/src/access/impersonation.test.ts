// Acting as another: what each header asks for, and what the caller must be allowed.
import { describe, expect, test } from 'vitest'
import type { UserInfo } from '../operations.ts'
import { allowAll, type Attributes, type Authorizer } from './authorizer.ts'
import { impersonated } from './impersonation.ts'

const caller: UserInfo = { name: 'proxy', groups: ['system:masters'] }

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
    expect(impersonated(allowAll, caller, { host: 'x' })).toBe(caller)
    expect(impersonated(allowAll, caller, { 'impersonate-user': '', 'impersonate-group': '' })).toBe(caller)
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
    expect(impersonated(allowAll, caller, given)).toEqual(want)
  })

  test('never keeps the groups of the caller', () => {
    expect(impersonated(allowAll, caller, { 'impersonate-user': 'a' }).groups).not.toContain('system:masters')
  })

  test.each([
    { 'impersonate-group': 'system:masters' },
    { 'impersonate-uid': '1' },
    { 'impersonate-extra-scopes': 'x' },
    { 'impersonate-extra-__proto__': 'x' },
  ])('refuses %o without a user', (headers) => {
    expect(() => impersonated(allowAll, caller, headers)).toThrow(
      expect.objectContaining({ code: 'BadRequest' }) as Error,
    )
  })

  test('asks for each thing on its own', () => {
    const { asked, authorizer } = recorder()
    impersonated(authorizer, caller, {
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
      'impersonate  groups   x',
      'impersonate  groups   system:masters',
      'impersonate authentication.k8s.io uids   1',
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
    expect(() => impersonated(authorizer, caller, headers)).toThrow(
      expect.objectContaining({ code: 'Forbidden' }) as Error,
    )
  })
})
