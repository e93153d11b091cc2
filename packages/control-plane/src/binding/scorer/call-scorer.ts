// How scorers are called. The CLI injects it: controllers open no connections.
import { FlotillaError } from '@flotilla/machinery/errors'

export interface ScorerCall {
  readonly url: string
  /** PEM; none: what the machine trusts. */
  readonly ca?: string
  readonly token?: string
  /** JSON. */
  readonly body: string
  readonly mostAnswerBytes: number
  /** Aborted when the answer comes too late. */
  readonly signal: AbortSignal
}

export interface ScorerReply {
  readonly status: number
  readonly body: string
}

/**
 * Posts one question; follows no redirects. Throws with a message that says what went wrong and holds no secret: the
 * connection, its address or certificate, an answer that is too large.
 */
export type CallScorer = (call: ScorerCall) => Promise<ScorerReply>

/** Of a hub that may not. */
export const cannotCall: CallScorer = () =>
  Promise.reject(new FlotillaError('Unavailable', 'this hub calls no scorers'))
