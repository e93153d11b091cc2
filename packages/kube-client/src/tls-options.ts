// The TLS settings for a server.
import { isIP } from 'node:net'
import type { ClientCertificate, ServerAddress } from './credentials.ts'

export interface TlsOptions {
  readonly minVersion: 'TLSv1.2'
  readonly servername: string
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export function tlsOptions(server: ServerAddress, certificate?: ClientCertificate): TlsOptions {
  const { hostname } = new URL(server.url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const name = server.tlsServerName ?? host
  return {
    minVersion: 'TLSv1.2',
    // An IP address must not be sent as a server name.
    servername: isIP(name) === 0 ? name : '',
    rejectUnauthorized: server.insecureSkipTlsVerify !== true,
    ...(server.ca === undefined ? {} : { ca: server.ca }),
    ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key }),
  }
}
