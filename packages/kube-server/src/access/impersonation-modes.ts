// The ways to be allowed to act as somebody else. Constrained ones (KEP-5284) need a right on the request that is made
// and one on whom it is made as; the last needs the verb `impersonate` and is good for every request.
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import type { UserInfo } from '../operations.ts'
import type { Attributes } from './authorizer.ts'

/** Whom a caller wants to be. */
export interface Wanted {
  readonly name: string
  /** '': none. */
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>> | undefined
}

export interface Mode {
  /** What the caller must be allowed, all of it. */
  readonly needs: readonly Attributes[]
  /** Set when nobody may act as such a user this way, whatever they are allowed. */
  readonly never?: { readonly attributes: Attributes; readonly why: string }
  /** Of a user for whom none were asked. */
  readonly impliedGroups: readonly string[]
}

const serviceAccountPrefix = 'system:serviceaccount:'
const nodePrefix = 'system:node:'
const nodeOfPod = 'authentication.kubernetes.io/node-name'
const details = 'authentication.k8s.io'

/** Those that are open to `wanted`, in the order in which they are tried. */
export function impersonationModes(caller: UserInfo, wanted: Wanted, asked: Attributes): readonly Mode[] {
  return [...constrainedModes(caller, wanted, asked), legacyMode(caller, wanted)]
}

function constrainedModes(caller: UserInfo, wanted: Wanted, asked: Attributes): readonly Mode[] {
  const node = nodeOf(wanted.name)
  const [namespace, account] = serviceAccountOf(wanted.name)
  const on = (mode: string) => ({ ...asked, user: caller, verb: `impersonate-on:${mode}:${asked.verb}` })
  const as = (mode: string) => rightOf(caller, `impersonate:${mode}`)
  if (node === '' && account === '') {
    const mode = { needs: [on('user-info'), ...partsOf(wanted, as('user-info'), details)], impliedGroups: [] }
    const never = neverAs(wanted, as('user-info'))
    return [never === undefined ? mode : { ...mode, never }]
  }
  if (wanted.groups.length > 0 || wanted.uid !== '' || wanted.extra !== undefined) return []
  const only = (mode: string, target: Partial<Attributes>): Mode => ({
    needs: [on(mode), as(mode)({ group: details, ...target })],
    impliedGroups: account === '' ? ['system:nodes'] : accountGroups(namespace),
  })
  if (account !== '') return [only('serviceaccount', { resource: 'serviceaccounts', namespace, name: account })]
  return [
    ...(isOnNode(caller, node) ? [only('associated-node', { resource: 'nodes', name: '*' })] : []),
    only('arbitrary-node', { resource: 'nodes', name: node }),
  ]
}

function legacyMode(caller: UserInfo, wanted: Wanted): Mode {
  const [namespace, account] = serviceAccountOf(wanted.name)
  return {
    needs: partsOf(wanted, rightOf(caller, 'impersonate'), ''),
    impliedGroups: account === '' ? [] : accountGroups(namespace),
  }
}

type Right = (target: Partial<Attributes>) => Attributes

function rightOf(user: UserInfo, verb: string): Right {
  const empty = { group: '', version: 'v1', resource: '', subresource: '', namespace: '', name: '' }
  return (target) => ({ user, verb, ...empty, ...target })
}

/** A right on each part of `wanted`. `group`: the API group in which users and groups are. */
function partsOf({ name, uid, groups, extra }: Wanted, right: Right, group: string): readonly Attributes[] {
  const [namespace, account] = serviceAccountOf(name)
  return [
    account === ''
      ? right({ group, resource: 'users', name })
      : right({ group, resource: 'serviceaccounts', namespace, name: account }),
    ...(uid === '' ? [] : [right({ group: details, resource: 'uids', name: uid })]),
    ...groups.map((one) => right({ group, resource: 'groups', name: one })),
    ...Object.entries(extra ?? {}).flatMap(([key, values]) =>
      values.map((value) => right({ group: details, resource: 'userextras', subresource: key, name: value })),
    ),
  ]
}

const domainPrefixedPath = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[^A-Z]+$/

function neverAs({ groups, extra = {} }: Wanted, right: Right): Mode['never'] {
  const group = ['', 'system:masters'].find((one) => groups.includes(one))
  if (group !== undefined) {
    const attributes = right({ group: details, resource: 'groups', name: group })
    const what = group === '' ? 'the empty string group' : `the ${group} group`
    return { attributes, why: `impersonating ${what} is not allowed` }
  }
  const attributes = right({ group: details, resource: 'userextras' })
  for (const [key, values] of Object.entries(extra)) {
    if (!domainPrefixedPath.test(key))
      return { attributes, why: `impersonating an invalid key in extra is not allowed` }
    if (values.length === 0) return { attributes, why: 'impersonating empty values in extra is not allowed' }
    if (values.includes('')) {
      return { attributes, why: 'impersonating the empty string value in extra is not allowed' }
    }
  }
  return undefined
}

function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

/** Namespace and name of a ServiceAccount's user; '' for others. */
function serviceAccountOf(name: string): readonly [namespace: string, account: string] {
  if (!name.startsWith(serviceAccountPrefix)) return ['', '']
  const [namespace = '', account = '', ...rest] = name.slice(serviceAccountPrefix.length).split(':')
  return rest.length > 0 || namespace === '' || account === '' ? ['', ''] : [namespace, account]
}

/** The name of a node's user; '' for others. */
function nodeOf(name: string): string {
  const node = name.startsWith(nodePrefix) ? name.slice(nodePrefix.length) : ''
  return node !== '' && checkDns1123Subdomain(node).length === 0 ? node : ''
}

/** The caller is a ServiceAccount whose token was made for a pod on `node`. */
function isOnNode({ name, extra }: UserInfo, node: string): boolean {
  const nodes = extra?.[nodeOfPod] ?? []
  return serviceAccountOf(name)[1] !== '' && nodes.length === 1 && nodes[0] === node
}
