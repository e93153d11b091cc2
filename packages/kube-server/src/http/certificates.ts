// Makes certificate authorities and the certificates of servers and clients: ECDSA P-256, PEM.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  cryptoProvider,
  type Extension,
} from '@peculiar/x509'
import { isIP } from 'node:net'
import type { Env } from '@flotilla/runtime/env'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const
const dayMs = 24 * 60 * 60 * 1000
/** Clocks of two machines differ. */
const leewayMs = 5 * 60 * 1000
const caDays = 3650
const leafDays = 365

cryptoProvider.set(webcrypto as Crypto)

/** PEM of both. The key is PKCS #8. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

interface Leaf {
  readonly subject: Subject
  readonly usage: ExtendedKeyUsage
  readonly extensions: readonly Extension[]
  readonly days: number
}

type Subject = Record<string, string[]>[]
type Needs = Pick<Env, 'clock'>

export async function createCa(env: Needs, name: string, days = caDays): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject: Subject = [{ CN: [name] }]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: subject,
    ...validity(env, days),
    signingAlgorithm: signing,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pem(certificate), key: await exportKey(keys.privateKey) }
}

/** For 127.0.0.1, ::1, localhost, the names of the service `kubernetes`, and `hosts` (names or addresses). */
export async function createServingCertificate(
  env: Needs,
  ca: KeyPair,
  hosts: readonly string[] = [],
): Promise<KeyPair> {
  const all = new Set([
    'localhost',
    '127.0.0.1',
    '::1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    ...hosts,
  ])
  const names = [...all].map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
  const extensions = [new SubjectAlternativeNameExtension(names)]
  return issue(env, ca, {
    subject: [{ CN: ['kube-apiserver'] }],
    usage: ExtendedKeyUsage.serverAuth,
    extensions,
    days: leafDays,
  })
}

/** A certificate that proves its holder to be `user` in `groups`. */
export async function createClientCertificate(
  env: Needs,
  ca: KeyPair,
  {
    user,
    groups = [],
    days = leafDays,
  }: { readonly user: string; readonly groups?: readonly string[]; readonly days?: number },
): Promise<KeyPair> {
  const subject = [...groups.map((group) => ({ O: [group] })), { CN: [user] }]
  return issue(env, ca, { subject, usage: ExtendedKeyUsage.clientAuth, extensions: [], days })
}

async function issue(env: Needs, ca: KeyPair, { subject, usage, extensions, days }: Leaf): Promise<KeyPair> {
  const authority = new X509Certificate(ca.cert)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: authority.subjectName.toJSON(),
    ...validity(env, days),
    signingAlgorithm: signing,
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      await AuthorityKeyIdentifierExtension.create(authority),
      ...extensions,
    ],
  })
  return { cert: pem(certificate), key: await exportKey(keys.privateKey) }
}

function validity({ clock }: Needs, days: number): { notBefore: Date; notAfter: Date } {
  const now = clock.now()
  return { notBefore: new Date(now - leewayMs), notAfter: new Date(now + days * dayMs) }
}

/** Unguessable whatever the seed of the run. */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  return `40${Buffer.from(bytes).toString('hex')}`
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

async function exportKey(key: CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

async function importKey(text: string): Promise<CryptoKey> {
  const [der] = PemConverter.decode(text)
  return webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, algorithm, false, ['sign'])
}
