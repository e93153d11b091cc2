// Acting as somebody else: the Impersonate-* headers, each of which the caller must be allowed to set.
import type { IncomingHttpHeaders } from 'node:http'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { UserInfo } from '../operations.ts'
import { withAuthenticatedGroup } from './authenticator.ts'
import { forbidden, type Attributes, type Authorizer } from './authorizer.ts'

const extraPrefix = 'impersonate-extra-'
const serviceAccountPrefix = 'system:serviceaccount:'

/** The user to go on as. Throws Forbidden, or BadRequest for headers that name no user. */
export function impersonated(authorizer: Authorizer, caller: UserInfo, headers: IncomingHttpHeaders): UserInfo {
  const name = textOf(headers['impersonate-user'])
  const groups = listOf(headers['impersonate-group'])
  const uid = textOf(headers['impersonate-uid'])
  const extra = extraOf(headers)
  const isAsked = name !== '' || groups.length > 0 || uid !== '' || extra !== undefined
  if (!isAsked) return caller
  if (name === '') {
    const text = 'Cannot impersonate: Impersonate-User is missing, and group, uid or extra alone name nobody'
    throw new FlotillaError('BadRequest', text)
  }
  checkUser(authorizer, caller, name)
  for (const group of groups) check(authorizer, caller, { resource: 'groups', name: group })
  if (uid !== '') check(authorizer, caller, { group: 'authentication.k8s.io', resource: 'uids', name: uid })
  for (const [key, values] of Object.entries(extra ?? {})) {
    for (const value of values) {
      check(authorizer, caller, {
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: key,
        name: value,
      })
    }
  }
  return userOf(name, groups, uid, extra)
}

function userOf(name: string, groups: readonly string[], uid: string, extra: UserInfo['extra']): UserInfo {
  const [namespace, account] = serviceAccountOf(name)
  const implied =
    namespace === '' || account === '' ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  const user = {
    name,
    groups: groups.length > 0 ? groups : implied,
    ...(uid === '' ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  }
  if (name !== 'system:anonymous') return withAuthenticatedGroup(user)
  return { ...user, groups: groups.length > 0 ? groups : ['system:unauthenticated'] }
}

function checkUser(authorizer: Authorizer, caller: UserInfo, name: string): void {
  const [namespace, account] = serviceAccountOf(name)
  if (account === '') check(authorizer, caller, { resource: 'users', name })
  else check(authorizer, caller, { resource: 'serviceaccounts', namespace, name: account })
}

function serviceAccountOf(name: string): readonly [namespace: string, account: string] {
  if (!name.startsWith(serviceAccountPrefix)) return ['', '']
  const [namespace = '', account = '', ...rest] = name.slice(serviceAccountPrefix.length).split(':')
  return rest.length > 0 ? ['', ''] : [namespace, account]
}

function check(authorizer: Authorizer, user: UserInfo, target: Partial<Attributes>): void {
  const attributes = {
    user,
    verb: 'impersonate',
    group: '',
    version: 'v1',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    ...target,
  }
  const decision = authorizer.authorize(attributes)
  if (!decision.allowed) throw forbidden(attributes, decision.reason)
}

function extraOf(headers: IncomingHttpHeaders): Record<string, readonly string[]> | undefined {
  const entries = Object.entries(headers).filter(([key]) => key.startsWith(extraPrefix))
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([key, value]) => [decodeKey(key.slice(extraPrefix.length)), listOf(value)]))
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

/** Node joins repeated headers with a comma. */
function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined || value === '') return []
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value
}
