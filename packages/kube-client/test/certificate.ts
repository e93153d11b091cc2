// Makes X.509 certificates for test servers, from scratch: a name, an authority, a time of validity.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  readonly name: string
  readonly privateKey: KeyObject
}

export interface CertificateOptions {
  readonly name: string
  /** Default: itself. */
  readonly issuer?: IssuedCertificate
  readonly dnsNames?: readonly string[]
  /** IPv4. */
  readonly addresses?: readonly string[]
  readonly isAuthority?: boolean
  /** Default: 20 years from 2020. */
  readonly validUntil?: Date
}

export function issueCertificate(options: CertificateOptions): IssuedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(Date.now()),
    algorithm,
    distinguishedName(options.issuer?.name ?? options.name),
    sequence(time(new Date('2020-01-01T00:00:00Z')), time(options.validUntil ?? new Date('2040-01-01T00:00:00Z'))),
    distinguishedName(options.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(options))),
  )
  const signature = sign('sha256', body, options.issuer?.privateKey ?? privateKey)
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name: options.name,
    privateKey,
  }
}

function extensions({ dnsNames = [], addresses = [], isAuthority = false }: CertificateOptions): Buffer[] {
  const names = [
    ...dnsNames.map((name) => tagged(0x82, Buffer.from(name))),
    ...addresses.map((address) => tagged(0x87, Buffer.from(address.split('.').map(Number)))),
  ]
  const basic = sequence(
    oid('2.5.29.19'),
    tagged(0x01, Buffer.from([0xff])),
    octets(sequence(...(isAuthority ? [tagged(0x01, Buffer.from([0xff]))] : []))),
  )
  return names.length === 0 ? [basic] : [basic, sequence(oid('2.5.29.17'), octets(sequence(...names)))]
}

function distinguishedName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name)))))
}

function time(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return tagged(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

function octets(content: Buffer): Buffer {
  return tagged(0x04, content)
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
