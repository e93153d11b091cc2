// Who we are to a server, and which server it is.

/** An API server as a client needs to know it. */
export interface ServerAddress {
  /** `https://host:port`, with a path when the API is served under one. */
  readonly url: string
  /** PEM of the authorities to trust; none: those that the system trusts. */
  readonly ca?: string
  /** Trust any certificate. Only ever because a person said so. */
  readonly insecureSkipTlsVerify?: boolean
  /** The name that the certificate must carry, when it is not the host's. */
  readonly tlsServerName?: string
  /** `http://[user:password@]host:port` of a proxy that tunnels (CONNECT). */
  readonly proxyUrl?: string
}

export interface ClientCertificate {
  /** PEM, with intermediates. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

export interface Credentials {
  readonly token?: string
  readonly clientCertificate?: ClientCertificate
}

/**
 * Credentials, or what gives them: asked before each request (keep what you gave), and with `refresh` after the
 * server refused those given last.
 */
export type CredentialSource = Credentials | ((request: { readonly refresh: boolean }) => Promise<Credentials>)

/** Acting as somebody else; our own credentials need the right to. */
export interface Impersonation {
  readonly user: string
  readonly groups?: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Request headers that say who asks. */
export function identityHeaders(credentials: Credentials, as?: Impersonation): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  if (credentials.token !== undefined) headers['authorization'] = `Bearer ${credentials.token}`
  if (as === undefined) return headers
  headers['impersonate-user'] = as.user
  if (as.groups !== undefined && as.groups.length > 0) headers['impersonate-group'] = [...as.groups]
  if (as.uid !== undefined) headers['impersonate-uid'] = as.uid
  for (const [key, values] of Object.entries(as.extra ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = [...values]
  }
  return headers
}
