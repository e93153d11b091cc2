// Callers by client certificate: CN is the user, each O a group.
import { X509Certificate } from 'node:crypto'
import type { Clock } from '@flotilla/runtime/env'
import type { UserInfo } from '../operations.ts'
import type { Authenticator } from './authenticator.ts'

/** `clientCa`: one PEM certificate or several. A certificate that it did not sign, or out of its time, is ignored. */
export function createCertificateAuthenticator(clientCa: string, clock: Clock): Authenticator {
  const authorities = splitPem(clientCa).map((pem) => new X509Certificate(pem))
  const verified = new Map<string, { user: UserInfo; from: number; to: number }>()
  return {
    authenticate({ certificate }) {
      if (certificate === undefined) return undefined
      const key = certificate.fingerprint256
      const entry = verified.get(key) ?? verify(certificate, authorities)
      if (entry === undefined) return undefined
      if (verified.size > 10_000) verified.clear()
      verified.set(key, entry)
      const now = clock.now()
      return now >= entry.from && now <= entry.to ? entry.user : undefined
    },
  }
}

function verify(certificate: X509Certificate, authorities: readonly X509Certificate[]) {
  const authority = authorities.find((ca) => ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
  const isForClients =
    !certificate.ca && (certificate.keyUsage === undefined || certificate.keyUsage.includes(clientAuth))
  const user = isForClients ? userOf(certificate) : undefined
  if (user === undefined || authority === undefined) return undefined
  const chain = [certificate, authority]
  return {
    user,
    from: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    to: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
  }
}

/** Node lists the extended key usages by object identifier. */
const clientAuth = '1.3.6.1.5.5.7.3.2'

/** From the fields as the certificate holds them: in Node's text of a subject a name may look like another field. */
function userOf(certificate: X509Certificate): UserInfo | undefined {
  const { CN, O } = certificate.toLegacyObject().subject as Readonly<Record<string, string | string[] | undefined>>
  const name = listOf(CN).at(-1)
  if (name === undefined || name === '') return undefined
  return { name, groups: listOf(O) }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
