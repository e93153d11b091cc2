// Acting as somebody else: the Impersonate-* headers, and the user that they make of the caller.
import type { IncomingHttpHeaders } from 'node:http'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { UserInfo } from '../operations.ts'
import { withAuthenticatedGroup } from './authenticator.ts'
import { forbidden, type Attributes, type Authorizer } from './authorizer.ts'
import { impersonationModes, type Mode, type Wanted } from './impersonation-modes.ts'

const extraPrefix = 'impersonate-extra-'

/**
 * The user to go on as with the request `asked`. Throws Forbidden, or BadRequest for headers that name no user. A
 * refusal tells what the first way to be allowed lacked, as kube-apiserver's does.
 */
export function impersonated(
  authorizer: Authorizer,
  caller: UserInfo,
  headers: IncomingHttpHeaders,
  asked: Attributes,
): UserInfo {
  const wanted = wantedBy(headers)
  if (wanted === undefined) return caller
  let refusal: FlotillaError | undefined
  for (const mode of impersonationModes(caller, wanted, asked)) {
    const refused = refusalOf(authorizer, mode)
    if (refused === undefined) return userOf(wanted, mode)
    refusal ??= refused
  }
  throw refusal
}

function refusalOf(authorizer: Authorizer, { needs, never }: Mode): FlotillaError | undefined {
  for (const attributes of needs) {
    const decision = authorizer.authorize(attributes)
    if (!decision.allowed) return forbidden(attributes, decision.reason)
  }
  return never && forbidden(never.attributes, never.why)
}

function userOf({ name, groups, uid, extra }: Wanted, { impliedGroups }: Mode): UserInfo {
  const user = {
    name,
    groups: groups.length > 0 ? groups : impliedGroups,
    ...(uid === '' ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  }
  if (name !== 'system:anonymous') return withAuthenticatedGroup(user)
  return { ...user, groups: groups.length > 0 ? groups : ['system:unauthenticated'] }
}

function wantedBy(headers: IncomingHttpHeaders): Wanted | undefined {
  const name = textOf(headers['impersonate-user'])
  const groups = listOf(headers['impersonate-group'])
  const uid = textOf(headers['impersonate-uid'])
  const extra = extraOf(headers)
  const wanted = { name, uid, groups, extra }
  if (name !== '') return wanted
  if (groups.length === 0 && uid === '' && extra === undefined) return undefined
  throw new FlotillaError('BadRequest', `requested ${inGo(wanted)} without impersonating a user name`)
}

/** As kube-apiserver shows it: Go's print of its structure. */
function inGo({ name, uid, groups, extra = {} }: Wanted): string {
  const list = (values: readonly string[]) => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`
  const shownGroups = groups.length === 0 ? '[]string(nil)' : list(groups)
  const entries = Object.entries(extra).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const shownEntries = entries.map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`).join(', ')
  const shownExtra = `map[string][]string${entries.length === 0 ? '(nil)' : `{${shownEntries}}`}`
  const [shownName, shownUid] = [JSON.stringify(name), JSON.stringify(uid)]
  return `&user.DefaultInfo{Name:${shownName}, UID:${shownUid}, Groups:${shownGroups}, Extra:${shownExtra}}`
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
