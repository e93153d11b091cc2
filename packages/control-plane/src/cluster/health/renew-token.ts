// Renews the token with which we act on a member, long before it ends.
import { fieldManager } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { secrets } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { expiresSoon, isDueForRenewal, issueToken, tokenTimes } from '../join/token.ts'
import type { ConditionValue } from './judge-probe.ts'

export type TokenState =
  | { readonly kind: 'fine' }
  | { readonly kind: 'ending'; readonly expiresAt: number; readonly cause: string }

/**
 * Renews the token in `credentials` when two thirds of its life are over and stores the new one. A client certificate
 * or a token that does not say when it ends is left alone. A renewal that fails is tried again by the next probe.
 */
export async function renewToken(
  env: Env,
  hub: KubeApi,
  member: KubeApi,
  credentials: KubeObject | undefined,
): Promise<TokenState> {
  const token = valueAt(credentials, 'data', 'token')
  const times =
    typeof token === 'string' ? tokenTimes(new TextDecoder().decode(Uint8Array.fromBase64(token))) : undefined
  const now = env.clock.now()
  if (!credentials || !times || !isDueForRenewal(times, now)) return { kind: 'fine' }
  try {
    const patch = {
      metadata: { resourceVersion: credentials.metadata.resourceVersion },
      stringData: { token: await issueToken(member) },
    }
    await hub.patch(secrets, credentials.metadata, { type: 'merge', patch }, { fieldManager })
    return { kind: 'fine' }
  } catch (error) {
    if (!isError(error)) throw error
    env.log.warn({ err: error, secret: credentials.metadata.name }, 'Cannot renew a member token')
    return expiresSoon(times, now)
      ? { kind: 'ending', expiresAt: times.expiresAt, cause: error.message }
      : { kind: 'fine' }
  }
}

export function credentialsCondition(name: string, state: TokenState): ConditionValue {
  if (state.kind === 'fine') {
    return {
      type: 'CredentialsExpireSoon',
      status: 'False',
      reason: 'Renewed',
      message: 'The credentials are renewed in time',
    }
  }
  const message = `Cannot renew the token for cluster ${name}, which ends at ${new Date(state.expiresAt).toISOString()}: ${state.cause}. Next: flotilla join ${name} --cluster-kubeconfig FILE`
  return { type: 'CredentialsExpireSoon', status: 'True', reason: 'RenewalFails', message }
}
