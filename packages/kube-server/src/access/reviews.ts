// Kinds that are answered and never stored: what may this user do, who is this token, who am I, give me a token.
import { FlotillaError, type StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid, formatCause } from '@flotilla/machinery/field-error'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { RequestContext, UserInfo } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { authenticateWith, type Authenticator } from './authenticator.ts'
import type { Attributes, Authorizer, Decision } from './authorizer.ts'

export interface ReviewTarget {
  /** Parent of a subresource; the namespace of a LocalSubjectAccessReview. */
  readonly key: ObjectKey
  readonly dryRun: boolean
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
}

export type Review = (
  context: RequestContext,
  object: KubeObject,
  target: ReviewTarget,
) => Promise<KubeObject> | KubeObject

export interface Reviews {
  /** Undefined for what the operations create themselves. */
  find(resource: ServedResource, subresource: string): Review | undefined
}

export interface ReviewDeps {
  readonly authorizer: Authorizer
  readonly authenticators: readonly Authenticator[]
  /** The time, as the API writes times. */
  readonly now?: () => string
  /** Answers `serviceaccounts/NAME/token`; without it the operations are asked. */
  readonly tokenRequest?: Review
  /** Of further kinds, by `GROUP/PLURAL`. */
  readonly others?: ReadonlyMap<string, Review>
}

/** Each costs the check of a signature. */
const maxAudiences = 32

type Fields = Readonly<Record<string, unknown>>

export function createReviews(deps: ReviewDeps): Reviews {
  const { authorizer, authenticators, tokenRequest } = deps
  const reviews: Readonly<Record<string, Review>> = {
    'authorization.k8s.io/selfsubjectaccessreviews': (context, object) =>
      reviewAccess(authorizer, object, context.user),
    'authorization.k8s.io/subjectaccessreviews': (_, object) => reviewAccess(authorizer, object, subjectOf(object)),
    'authorization.k8s.io/localsubjectaccessreviews': (_, object, { key }) => {
      checkLocal(object, key)
      return reviewAccess(authorizer, object, subjectOf(object))
    },
    'authorization.k8s.io/selfsubjectrulesreviews': (context, object) => reviewRules(authorizer, object, context.user),
    'authentication.k8s.io/selfsubjectreviews': (context, object) => ({
      ...object,
      metadata: { ...object.metadata, ...(deps.now === undefined ? {} : { creationTimestamp: deps.now() }) },
      status: { userInfo: wireUser(context.user) },
    }),
    'authentication.k8s.io/tokenreviews': (_, object) => reviewToken(authenticators, object),
    ...(tokenRequest === undefined ? {} : { '/serviceaccounts/token': tokenRequest }),
  }
  return {
    find({ group, plural }, subresource) {
      const suffix = subresource === '' ? '' : `/${subresource}`
      const name = `${group}/${plural}${suffix}`
      return reviews[name] ?? deps.others?.get(name)
    },
  }
}

function reviewAccess(authorizer: Authorizer, object: KubeObject, user: UserInfo): KubeObject {
  const decision = authorizer.authorize(attributesOf(object, user))
  return { ...object, status: statusOf(decision) }
}

function statusOf({ allowed, reason }: Decision): Fields {
  return { allowed, ...(reason === '' ? {} : { reason }) }
}

function attributesOf(object: KubeObject, user: UserInfo): Attributes {
  const spec = fieldsOf(object['spec'])
  const resource = spec['resourceAttributes'] === undefined ? undefined : fieldsOf(spec['resourceAttributes'])
  const other = spec['nonResourceAttributes'] === undefined ? undefined : fieldsOf(spec['nonResourceAttributes'])
  if ((resource === undefined) === (other === undefined)) {
    const why =
      resource === undefined
        ? 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
        : 'cannot be specified in combination with resourceAttributes'
    const field = resource === undefined ? 'spec.resourceAttributes' : 'spec.nonResourceAttributes'
    const shown = other === undefined ? null : { Path: textOf(other['path']), Verb: textOf(other['verb']) }
    throw invalidReview(fieldInvalid(field, shown, why))
  }
  const of = (name: string) => textOf((resource ?? other)?.[name])
  return {
    user,
    verb: of('verb'),
    ...(other === undefined ? {} : { path: of('path') }),
    group: of('group'),
    version: of('version'),
    resource: of('resource'),
    subresource: of('subresource'),
    namespace: of('namespace'),
    name: of('name'),
  }
}

function subjectOf(object: KubeObject): UserInfo {
  const spec = fieldsOf(object['spec'])
  const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : []
  const name = textOf(spec['user'])
  if (name === '' && groups.length === 0) {
    throw invalidReview(fieldInvalid('spec.user', '', 'at least one of user or group must be specified'))
  }
  return { name, groups }
}

function checkLocal(object: KubeObject, { namespace }: ObjectKey): void {
  const stated = textOf(fieldsOf(fieldsOf(object['spec'])['resourceAttributes'])['namespace'])
  if (stated === namespace) return
  throw invalidReview(fieldInvalid('spec.resourceAttributes.namespace', stated, 'must match metadata.namespace'))
}

/** Upstream names the group of a review alone. */
function invalidReview(cause: StatusCause): FlotillaError {
  const group = 'authorization.k8s.io'
  return new FlotillaError('Invalid', `.${group} "" is invalid: ${formatCause(cause)}`, { group, causes: [cause] })
}

function reviewRules(authorizer: Authorizer, object: KubeObject, user: UserInfo): KubeObject {
  const namespace = textOf(fieldsOf(object['spec'])['namespace'])
  if (namespace === '') throw new FlotillaError('BadRequest', 'no namespace on request')
  return { ...object, status: { ...authorizer.rulesFor(user, namespace), incomplete: false } }
}

async function reviewToken(authenticators: readonly Authenticator[], object: KubeObject): Promise<KubeObject> {
  const spec = fieldsOf(object['spec'])
  const bearer = textOf(spec['token'])
  if (bearer === '') throw new FlotillaError('BadRequest', 'token is required for TokenReview in authentication')
  const own = authenticators.flatMap(({ audience }) => audience ?? [])
  const stated = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : []
  try {
    const found = await holderOf(authenticators, bearer, stated.length > 0 ? stated : own, own)
    if (found === undefined) return { ...object, status: { user: {}, error: 'invalid bearer token' } }
    return { ...object, status: { authenticated: true, user: wireUser(found.user), audiences: found.audiences } }
  } catch (error) {
    return { ...object, status: { user: {}, error: error instanceof FlotillaError ? error.message : 'internal error' } }
  }
}

/** Who holds the token, and for which of `wanted` it is meant. Tokens that name nobody are meant for this server. */
async function holderOf(
  authenticators: readonly Authenticator[],
  bearer: string,
  wanted: readonly string[],
  own: readonly string[],
) {
  const audiences: string[] = []
  let holder: UserInfo | undefined
  for (const audience of wanted.slice(0, maxAudiences)) {
    const able = own.includes(audience) ? authenticators : authenticators.filter((one) => one.audience !== undefined)
    const user = await authenticateWith(able, { bearer, audience })
    if (user === undefined) continue
    holder = user
    audiences.push(audience)
  }
  return holder === undefined ? undefined : { user: holder, audiences }
}

function wireUser({ name, uid, groups, extra }: UserInfo): Fields {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
