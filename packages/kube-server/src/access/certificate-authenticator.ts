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
  const isSigned = authorities.some((ca) => ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
  const isForClients = certificate.keyUsage === undefined || certificate.keyUsage.includes(clientAuth)
  const user = isSigned && isForClients ? userOf(certificate.subject) : undefined
  if (user === undefined) return undefined
  return { user, from: Date.parse(certificate.validFrom), to: Date.parse(certificate.validTo) }
}

/** Node lists the extended key usages by object identifier. */
const clientAuth = '1.3.6.1.5.5.7.3.2'

/** Node writes a subject as lines `TYPE=value`, a value with `\` before what it would confuse. */
function userOf(subject: string | undefined): UserInfo | undefined {
  const fields = (subject ?? '')
    .split('\n')
    .flatMap((line) => line.split('+'))
    .map((part) => part.trim())
  const valuesOf = (type: string) =>
    fields.filter((field) => field.startsWith(`${type}=`)).map((field) => field.slice(type.length + 1))
  const [name] = valuesOf('CN').slice(-1)
  if (name === undefined || name === '') return undefined
  return { name, groups: valuesOf('O') }
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
