// Who is calling: each way of proving it is one Authenticator; the first that knows the caller decides.
import type { X509Certificate } from 'node:crypto'
import type { UserInfo } from '../operations.ts'

export interface Credentials {
  /** Of a `Authorization: Bearer` header. */
  readonly bearer?: string
  /** As presented in the TLS handshake: not verified yet. */
  readonly certificate?: X509Certificate
  /** Whom the bearer must be meant for; this server when absent. */
  readonly audience?: string
}

export interface Authenticator {
  /** Of tokens that say whom they are meant for: how they name this server. */
  readonly audience?: string
  /** Undefined: these credentials are none of this authenticator's. Throws Unauthenticated for bad ones of its own. */
  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined
}

const authenticated = 'system:authenticated'

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticated) || user.name === anonymous.name) return user
  return { ...user, groups: [...user.groups, authenticated] }
}

/** Undefined when no authenticator knows the credentials. */
export async function authenticateWith(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<UserInfo | undefined> {
  for (const authenticator of authenticators) {
    const found = authenticator.authenticate(credentials)
    const user = found instanceof Promise ? await found : found
    if (user !== undefined) return withAuthenticatedGroup(user)
  }
  return undefined
}
