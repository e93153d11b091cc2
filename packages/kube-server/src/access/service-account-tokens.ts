// Tokens of ServiceAccounts: signed by the server (ES256), bound to the account's uid, verified against the store.
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { FlotillaError } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Env } from '@flotilla/runtime/env'
import type { UserInfo } from '../operations.ts'
import type { Store } from '../store/store.ts'
import type { Authenticator } from './authenticator.ts'
import { boundClaims, isStillBound, type BoundClaims, type BoundObjectRef } from './bound-objects.ts'
import type { Review } from './reviews.ts'
import { invalid } from '../operations/refusals.ts'

const minSeconds = 600
const maxSeconds = 2 ** 32
const defaultSeconds = 3600
const header = encode({ alg: 'ES256', typ: 'JWT' })

export interface ServiceAccountTokens {
  readonly authenticator: Authenticator
  /** Answers `serviceaccounts/NAME/token`: for `serveKube`. */
  readonly tokenRequest: Review
  /** Throws NotFound without the account. `seconds`: how long it is good for. */
  issue(namespace: string, name: string, seconds?: number): { readonly token: string; readonly expires: number }
}

export interface TokenOptions {
  readonly env: Env
  readonly store: Store
  /** PEM of an EC P-256 private key. */
  readonly key: string
  /** `https://kubernetes.default.svc.cluster.local` unless given; also the audience. */
  readonly issuer?: string
}

interface TokenSpec {
  readonly audiences?: readonly string[]
  readonly expirationSeconds?: number
  readonly boundObjectRef?: BoundObjectRef
}

interface Claims {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly nbf: number
  readonly sub: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid: string }
  } & BoundClaims
}

export function createServiceAccountTokens(options: TokenOptions): ServiceAccountTokens {
  const { env, store, issuer = 'https://kubernetes.default.svc.cluster.local' } = options
  const privateKey = createPrivateKey(options.key)
  const publicKey = createPublicKey(privateKey)

  function issue(
    namespace: string,
    name: string,
    seconds = defaultSeconds,
    audiences: readonly string[] = [issuer],
    bound: BoundClaims = {},
  ) {
    const uid = uidOf(store, namespace, name)
    if (uid === undefined)
      throw new FlotillaError('NotFound', `serviceaccounts "${name}" not found`, { name, kind: 'serviceaccounts' })
    const now = Math.trunc(env.clock.now() / 1000)
    const expires = now + seconds
    const claims: Claims = {
      aud: audiences,
      exp: expires,
      iat: now,
      iss: issuer,
      jti: env.uuid(),
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...bound },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    return { token: signed(claims, privateKey), expires }
  }

  return {
    issue,
    authenticator: {
      audience: issuer,
      authenticate({ bearer, audience = issuer }) {
        const claims = bearer === undefined ? undefined : verified(bearer, publicKey)
        if (claims === undefined || claims.iss !== issuer) return undefined
        return userOf(claims, store, audience, env.clock.now() / 1000)
      },
    },
    tokenRequest(_, object, { key }) {
      const spec = (object['spec'] ?? {}) as TokenSpec
      const stated = Array.isArray(spec.audiences) ? spec.audiences.map(String) : []
      const audiences = stated.length > 0 ? stated : [issuer]
      const seconds = checkSeconds(spec.expirationSeconds ?? defaultSeconds)
      const bound = spec.boundObjectRef === undefined ? {} : boundClaims(store, key, spec.boundObjectRef)
      const { token, expires } = issue(key.namespace ?? '', key.name, seconds, audiences, bound)
      const status = { token, expirationTimestamp: timestamp(expires * 1000) }
      const metadata = { ...object.metadata, uid: env.uuid(), creationTimestamp: timestamp(env.clock.now()) }
      return {
        ...object,
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata,
        spec: { boundObjectRef: null, ...spec, audiences, expirationSeconds: seconds },
        status,
      }
    },
  }
}

function checkSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= minSeconds && seconds <= maxSeconds) return seconds
  const why = !(seconds > maxSeconds)
    ? 'may not specify a duration less than 10 minutes'
    : 'may not specify a duration larger than 2^32 seconds'
  const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
  throw invalid(kind, '', [fieldInvalid('spec.expirationSeconds', seconds, why)])
}

/** Throws Unauthenticated for a token of ours that is no longer good. */
function userOf(claims: Claims, store: Store, audience: string, now: number): UserInfo {
  const { namespace, serviceaccount } = claims['kubernetes.io']
  const isCurrent = now < claims.exp && now >= claims.nbf - 10 && claims.aud.includes(audience)
  const isHeld = uidOf(store, namespace, serviceaccount.name) === serviceaccount.uid
  if (!isCurrent || !isHeld || !isStillBound(store, namespace, claims['kubernetes.io'])) {
    throw new FlotillaError('Unauthenticated', 'Unauthorized')
  }
  return {
    name: claims.sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
  }
}

function uidOf(store: Store, namespace: string, name: string): string | undefined {
  return store.get(`serviceaccounts/${namespace}/${name}`)?.object.metadata.uid
}

function signed(claims: Claims, key: KeyObject): string {
  const content = `${header}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}

function verified(token: string, key: KeyObject): Claims | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.')
  if (head !== header || rest.length > 0) return undefined
  const bytes = Buffer.from(signature, 'base64url')
  const isGenuine = verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  return isGenuine ? (JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims) : undefined
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
