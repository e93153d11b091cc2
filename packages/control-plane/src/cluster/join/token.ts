// Tokens of our ServiceAccount on a member: issuing, and when to renew. The hub stores nothing else of a member.
import { systemNamespace } from '@flotilla/api/group'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { objectPath } from '@flotilla/machinery/resource'
import { serviceAccounts } from '@flotilla/machinery/well-known-resources'
import { fromStatus } from '@flotilla/machinery/errors'
import { valueAt } from '@flotilla/machinery/untyped'
import { memberAccount } from './member-access.ts'

const day = 24 * 60 * 60

/** Asked for; a member may give less. */
const tokenLifetimeSeconds = 90 * day

/** A new token for our ServiceAccount behind `member`. @throws what the member answers. */
export async function issueToken(member: KubeApi): Promise<string> {
  const path = objectPath(serviceAccounts, { namespace: systemNamespace, name: memberAccount }, 'token')
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenLifetimeSeconds },
  }
  const answer = await member.raw({ method: 'POST', path, body, contentType: 'application/json' })
  const what = `Cannot request a token for ServiceAccount ${systemNamespace}/${memberAccount}`
  if (answer.code >= 300) throw fromStatus(answer.code, answer.body, what)
  const token = valueAt(answer.body, 'status', 'token')
  if (typeof token !== 'string') throw new FlotillaError('Internal', `${what}: the answer holds none`)
  return token
}

export interface TokenTimes {
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** When a ServiceAccount token was issued and when it ends; undefined when it is no JWT or does not say. */
export function tokenTimes(token: string): TokenTimes | undefined {
  try {
    const payload: unknown = JSON.parse(decodeBase64Url(token.split('.')[1] ?? ''))
    const issuedAt = valueAt(payload, 'iat')
    const expiresAt = valueAt(payload, 'exp')
    if (typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return undefined
    return { issuedAt: issuedAt * 1000, expiresAt: expiresAt * 1000 }
  } catch {
    return undefined
  }
}

function decodeBase64Url(text: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(text, { alphabet: 'base64url' }))
}

/** Renewed after two thirds of its life, so that a third is left for trying again. */
export function isDueForRenewal({ issuedAt, expiresAt }: TokenTimes, now: number): boolean {
  return now >= issuedAt + ((expiresAt - issuedAt) * 2) / 3
}

/** Renewal has been failing for long: less than a tenth of its life is left. */
export function expiresSoon({ issuedAt, expiresAt }: TokenTimes, now: number): boolean {
  return now >= expiresAt - (expiresAt - issuedAt) / 10
}
