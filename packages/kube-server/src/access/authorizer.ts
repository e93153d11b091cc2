// Who may do what: the question that every request asks, and the error of a refusal in upstream's words.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { UserInfo } from '../operations.ts'

/** What is to be done. A request off resources (`/metrics`) has only `user`, `verb` and `path`. */
export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  readonly path?: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

export interface Decision {
  readonly allowed: boolean
  /** Why, for people: which binding allowed it, or what went wrong. */
  readonly reason: string
}

export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface NonResourceRule {
  readonly verbs: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision
  /** All that `user` may do in `namespace`, for SelfSubjectRulesReview. */
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): {
    readonly resourceRules: readonly ResourceRule[]
    readonly nonResourceRules: readonly NonResourceRule[]
  }
}

const everything: ResourceRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

/** Allows all: for in-process servers whose only callers are trusted. */
export const allowAll: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ resourceRules: [everything], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }),
}

export function forbidden(attributes: Attributes, reason: string): FlotillaError {
  const why = reason === '' ? '' : `: ${reason}`
  if (attributes.path !== undefined) {
    return new FlotillaError('Forbidden', `forbidden: ${cannot(attributes)}${why}`, {})
  }
  const { group, resource, name } = attributes
  const thing = group === '' ? resource : `${resource}.${group}`
  const named = name === '' ? thing : `${thing} ${JSON.stringify(name)}`
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource }
  return new FlotillaError('Forbidden', `${named} is forbidden: ${cannot(attributes)}${why}`, details)
}

function cannot({ user, verb, path, group, resource, subresource, namespace }: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`
  if (path !== undefined) return `${who} path ${JSON.stringify(path)}`
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`
}
