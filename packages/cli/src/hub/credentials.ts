// A certificate authority, its server's certificate and its administrator's, kept in a folder.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
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
}

/** What is there, unless it has had its time, does not fit, or a crash left the halves of two pairs. */
async function ensurePair(env: Env, files: Files, name: string, { fits, issue }: Issuing): Promise<KeyPair> {
  const [certFile, keyFile] = [files.file(`${name}.crt`), files.file(`${name}.key`)]
  const [cert, key] = [readPrivate(certFile), readPrivate(keyFile)]
  if (cert !== undefined && key !== undefined) {
    const certificate = new X509Certificate(cert)
    const lifeMs = certificate.validToDate.getTime() - env.clock.now()
    if (lifeMs > renewBeforeMs && certificate.checkPrivateKey(createPrivateKey(key)) && fits(certificate)) {
      return { cert, key }
    }
  }
  const pair = await issue()
  // The key first: a certificate without its key would be taken for a pair after a crash.
  writePrivate(keyFile, pair.key)
  writePrivate(certFile, pair.cert)
  return pair
}

function isSignedBy(ca: KeyPair, certificate: X509Certificate): boolean {
  return certificate.verify(new X509Certificate(ca.cert).publicKey)
}
