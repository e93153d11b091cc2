// A certificate authority, its server's certificate and its administrator's, kept in a folder.
import { X509Certificate } from 'node:crypto'
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
import type { Env } from '@flotilla/runtime/env'
import type { DataFolder } from './data-folder.ts'
import { readPrivate, writePrivate } from './private-file.ts'

type Files = Pick<DataFolder, 'file'>

/** A certificate is issued anew when less than so much of its life is left. */
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000

/** Once made, it stays: clients trust it. */
export function ensureAuthority(env: Env, files: Files, name: string, commonName: string): Promise<KeyPair> {
  return ensurePair(
    env,
    files,
    name,
    () => true,
    async () => {
      const { createCa } = await import('@flotilla/kube-server/http/certificates')
      return createCa(env, commonName)
    },
  )
}

/** Issued anew also when it does not name all `hosts`. */
export function ensureServing(env: Env, files: Files, ca: KeyPair, hosts: readonly string[]): Promise<KeyPair> {
  const isFor = (certificate: X509Certificate) =>
    hosts.every((host) => certificate.checkHost(host) !== undefined || certificate.checkIP(host) !== undefined)
  return ensurePair(env, files, 'server', isFor, async () => {
    const { createServingCertificate } = await import('@flotilla/kube-server/http/certificates')
    return createServingCertificate(env, ca, hosts)
  })
}

export interface Administrator {
  readonly user: string
  readonly groups?: readonly string[]
}

export function ensureAdminCertificate(env: Env, files: Files, ca: KeyPair, admin: Administrator): Promise<KeyPair> {
  return ensurePair(
    env,
    files,
    'admin',
    () => true,
    async () => {
      const { createClientCertificate } = await import('@flotilla/kube-server/http/certificates')
      return createClientCertificate(env, ca, admin)
    },
  )
}

async function ensurePair(
  env: Env,
  files: Files,
  name: string,
  fits: (certificate: X509Certificate) => boolean,
  issue: () => Promise<KeyPair>,
): Promise<KeyPair> {
  const [certFile, keyFile] = [files.file(`${name}.crt`), files.file(`${name}.key`)]
  const [cert, key] = [readPrivate(certFile), readPrivate(keyFile)]
  if (cert !== undefined && key !== undefined && isUsable(env, cert, fits)) return { cert, key }
  const pair = await issue()
  // The key first: a certificate without its key would be taken for a pair after a crash.
  writePrivate(keyFile, pair.key)
  writePrivate(certFile, pair.cert)
  return pair
}

function isUsable(env: Env, pem: string, fits: (certificate: X509Certificate) => boolean): boolean {
  const certificate = new X509Certificate(pem)
  return certificate.validToDate.getTime() - env.clock.now() > renewBeforeMs && fits(certificate)
}
