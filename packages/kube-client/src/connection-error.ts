// Says in words why a server could not be reached, and at which hop.
import { FlotillaError, type ErrorCode } from '@flotilla/machinery/errors'

export type Hop = 'resolve' | 'connect' | 'tls' | 'authenticate' | 'authorize' | 'version'

interface Cause {
  readonly hop: Hop
  readonly why: (host: string, message: string) => string
  readonly code?: ErrorCode
}

const unknownAuthority: Cause = {
  hop: 'tls',
  why: () => "its certificate is signed by an authority that is not trusted: give the cluster's CA",
}
const timedOut: Cause = { hop: 'connect', why: () => 'it did not answer in time', code: 'Timeout' }
const unresolved: Cause = { hop: 'resolve', why: (host) => `no address is known for the name ${host}` }

const causes: Readonly<Record<string, Cause>> = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: { hop: 'resolve', why: (host) => `the name ${host} cannot be resolved now` },
  EAI_NODATA: unresolved,
  ECONNREFUSED: { hop: 'connect', why: () => 'it refused the connection: nothing listens there' },
  ECONNRESET: { hop: 'connect', why: () => 'it closed the connection' },
  EPIPE: { hop: 'connect', why: () => 'it closed the connection' },
  EHOSTUNREACH: { hop: 'connect', why: () => 'there is no route to the host' },
  ENETUNREACH: { hop: 'connect', why: () => 'there is no route to its network' },
  ETIMEDOUT: timedOut,
  UND_ERR_CONNECT_TIMEOUT: timedOut,
  UND_ERR_HEADERS_TIMEOUT: timedOut,
  UND_ERR_BODY_TIMEOUT: timedOut,
  UND_ERR_SOCKET: { hop: 'connect', why: () => 'it closed the connection' },
  ERR_TLS_CERT_ALTNAME_INVALID: { hop: 'tls', why: (host, message) => otherName(host, message) },
  CERT_HAS_EXPIRED: { hop: 'tls', why: () => 'its certificate has expired' },
  CERT_NOT_YET_VALID: { hop: 'tls', why: () => 'its certificate is not valid yet: compare the clocks' },
  CERT_REVOKED: { hop: 'tls', why: () => 'its certificate is revoked' },
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  ERR_SSL_WRONG_VERSION_NUMBER: { hop: 'tls', why: () => 'it does not speak TLS: is it http://?' },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { hop: 'tls', why: () => 'it does not speak TLS: is it http://?' },
}

function otherName(host: string, message: string): string {
  const names = /altnames?:? (.*)$/i.exec(message)?.[1]
  return `its certificate is for another name than ${host}${names === undefined ? '' : ` (${names})`}: set tls-server-name`
}

/** The FlotillaError (Unavailable or Timeout) for a failure below HTTP; one that is a FlotillaError stays as it is. */
export function connectionError(error: unknown, what: string, url: string): FlotillaError {
  if (error instanceof FlotillaError) return error
  const { code, message } = deepest(error)
  const host = hostOf(url)
  const known = code !== undefined && Object.hasOwn(causes, code) ? causes[code] : tlsCause(code)
  const why = known?.why(host, message) ?? message
  const details = { hop: known?.hop ?? 'connect' }
  return new FlotillaError(known?.code ?? 'Unavailable', `${what}: ${url}: ${why}`, details, { cause: error })
}

function tlsCause(code: string | undefined): Cause | undefined {
  const isTls = code !== undefined && /^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|CERT_)/.test(code)
  return isTls ? { hop: 'tls', why: (_, message) => `the TLS handshake failed (${message})` } : undefined
}

/** The innermost error that has a code: undici and dual-stack connects wrap what happened. */
function deepest(error: unknown): { readonly code?: string; readonly message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (inner instanceof Error && (code === undefined || !Object.hasOwn(causes, code))) return deepest(inner)
  return { ...(code === undefined ? {} : { code }), message: error.message }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url
}
