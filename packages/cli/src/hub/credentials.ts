// A certificate authority, its server's certificate and its administrator's, kept in a folder.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { DataFolder } from './data-folder.ts'
import { readPrivate, writePrivate } from './private-file.ts'

type Files = Pick<DataFolder, 'file'>

/** A certificate is issued anew when less than so much of its life is left. */
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000

/** Once made, it stays: clients trust it. */
export function ensureAuthority(env: Env, files: Files, name: string, commonName: string): Promise<KeyPair> {
  return ensurePair(env, files, name, {
    fits: () => true,
    isIrreplaceable: true,
    async issue() {
      const { createCa } = await import('@flotilla/kube-server/http/certificates')
      return createCa(env, commonName)
    },
  })
}

/** Issued anew also when it does not name all `hosts`. */
export function ensureServing(env: Env, files: Files, ca: KeyPair, hosts: readonly string[]): Promise<KeyPair> {
  const isFor = (certificate: X509Certificate) =>
    hosts.every((host) => certificate.checkHost(host) !== undefined || certificate.checkIP(host) !== undefined)
  return ensurePair(env, files, 'server', {
    fits: (certificate) => isFor(certificate) && isSignedBy(ca, certificate),
    async issue() {
      const { createServingCertificate } = await import('@flotilla/kube-server/http/certificates')
      return createServingCertificate(env, ca, hosts)
    },
  })
}

export interface Administrator {
  readonly user: string
  readonly groups?: readonly string[]
}

export function ensureAdminCertificate(env: Env, files: Files, ca: KeyPair, admin: Administrator): Promise<KeyPair> {
  return ensurePair(env, files, 'admin', {
    fits: (certificate) => isSignedBy(ca, certificate),
    async issue() {
      const { createClientCertificate } = await import('@flotilla/kube-server/http/certificates')
      return createClientCertificate(env, ca, admin)
    },
  })
}

interface Issuing {
  readonly fits: (certificate: X509Certificate) => boolean
  readonly issue: () => Promise<KeyPair>
  /** One that is there and cannot be read is not replaced: what trusts it would trust nobody any more. */
  readonly isIrreplaceable?: boolean
}

/** What is there, unless it has had its time, does not fit, is damaged, or a crash left the halves of two pairs. */
async function ensurePair(env: Env, files: Files, name: string, issuing: Issuing): Promise<KeyPair> {
  const [certFile, keyFile] = [files.file(`${name}.crt`), files.file(`${name}.key`)]
  const [cert, key] = [readPrivate(certFile), readPrivate(keyFile)]
  if (cert !== undefined && key !== undefined) {
    try {
      if (isUsable(env, { cert, key }, issuing)) return { cert, key }
    } catch (error) {
      const why = `they are damaged (${error instanceof Error ? error.message : String(error)})`
      const next = 'Next: restore the data folder from a backup'
      const message = `Cannot read ${certFile} and ${keyFile}: ${why}. ${next}`
      if (issuing.isIrreplaceable) throw new FlotillaError('Invalid', message, {}, { cause: error })
    }
  }
  const pair = await issuing.issue()
  // The key first: a certificate without its key would be taken for a pair after a crash.
  writePrivate(keyFile, pair.key)
  writePrivate(certFile, pair.cert)
  return pair
}

/** Throws when one of them is damaged. */
function isUsable(env: Env, { cert, key }: KeyPair, { fits }: Issuing): boolean {
  const certificate = new X509Certificate(cert)
  const privateKey = createPrivateKey(key)
  const lifeMs = certificate.validToDate.getTime() - env.clock.now()
  return lifeMs > renewBeforeMs && certificate.checkPrivateKey(privateKey) && fits(certificate)
}

function isSignedBy(ca: KeyPair, certificate: X509Certificate): boolean {
  return certificate.verify(new X509Certificate(ca.cert).publicKey)
}
