// The one error type of all rooms and its mapping to and from the API's Status object.

export type ErrorCode =
  | 'NotFound'
  | 'Conflict'
  | 'AlreadyExists'
  | 'Invalid'
  | 'BadRequest'
  | 'Forbidden'
  | 'Unauthenticated'
  | 'Unavailable'
  | 'Timeout'
  | 'Expired'
  | 'TooManyRequests'
  | 'TooLarge'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'Internal'
  /** A failure that servers give no reason for. */
  | 'Unknown'

/** One cause as in `Status.details.causes`. */
export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface ErrorDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
  /** The failing hop of a connection: resolve, connect, tls, authenticate, authorize, version. */
  readonly hop?: string
}

/** Of errors that state none: their Status has no details, while stated ones are written even when empty. */
const noDetails: ErrorDetails = Object.freeze({})

/**
 * Everything that fails on purpose is one of these; anything else is a bug and is shown as "Internal error".
 * The message says what could not be done to which thing, a colon, and why. Never a secret.
 */
export class FlotillaError extends Error {
  override readonly name = 'FlotillaError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = noDetails, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/** True when `error` is a FlotillaError with one of `codes` (any, when none is given). */
export function isError(error: unknown, ...codes: readonly ErrorCode[]): error is FlotillaError {
  return error instanceof FlotillaError && (codes.length === 0 || codes.includes(error.code))
}

/** The API's Status object. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: object
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: ErrorDetails
  readonly code: number
}

const codes: Readonly<Record<ErrorCode, { http: number; reason: string }>> = {
  NotFound: { http: 404, reason: 'NotFound' },
  Conflict: { http: 409, reason: 'Conflict' },
  AlreadyExists: { http: 409, reason: 'AlreadyExists' },
  Invalid: { http: 422, reason: 'Invalid' },
  BadRequest: { http: 400, reason: 'BadRequest' },
  Forbidden: { http: 403, reason: 'Forbidden' },
  Unauthenticated: { http: 401, reason: 'Unauthorized' },
  Unavailable: { http: 503, reason: 'ServiceUnavailable' },
  Timeout: { http: 504, reason: 'Timeout' },
  Expired: { http: 410, reason: 'Expired' },
  TooManyRequests: { http: 429, reason: 'TooManyRequests' },
  TooLarge: { http: 413, reason: 'RequestEntityTooLarge' },
  MethodNotAllowed: { http: 405, reason: 'MethodNotAllowed' },
  NotAcceptable: { http: 406, reason: 'NotAcceptable' },
  UnsupportedMediaType: { http: 415, reason: 'UnsupportedMediaType' },
  Internal: { http: 500, reason: 'InternalError' },
  Unknown: { http: 500, reason: '' },
}

/** The Status that a server answers for `error`; an unknown error tells nothing of itself. */
export function toStatus(error: unknown): Status {
  if (!(error instanceof FlotillaError)) {
    return failure(500, 'InternalError', 'Internal error')
  }
  const { http, reason } = codes[error.code]
  return failure(http, reason, error.message, error.details)
}

/**
 * The error behind a server's answer of `httpCode` with `body` (a Status where the server sent one).
 * `what` names the request for bodies that are no Status.
 */
export function fromStatus(httpCode: number, body: unknown, what: string): FlotillaError {
  const status = isStatus(body) ? body : undefined
  const code = codeFor(httpCode, status?.reason)
  return new FlotillaError(
    code,
    status?.message ?? `${what}: the server answered ${httpCode}`,
    status?.details ?? noDetails,
  )
}

function failure(code: number, reason: string, message: string, details?: ErrorDetails): Status {
  const hasDetails = details !== undefined && details !== noDetails
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(hasDetails ? { details } : {}),
    code,
  }
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && (body as { kind?: unknown }).kind === 'Status'
}

function codeFor(httpCode: number, reason: string | undefined): ErrorCode {
  const entries = Object.entries(codes) as [ErrorCode, { http: number; reason: string }][]
  const byReason = entries.find(([, entry]) => entry.reason === reason || (reason === 'Gone' && entry.http === 410))
  const byHttp = entries.find(([, entry]) => entry.http === httpCode)
  return (byReason ?? byHttp)?.[0] ?? (httpCode >= 500 ? 'Internal' : 'BadRequest')
}
