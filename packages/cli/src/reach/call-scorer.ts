// Calls external scorers over HTTPS: one request each, to an address that the hub may be sent to.
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { checkEndpoint, refuseAddress } from '@flotilla/api/admission/endpoint'
import type { CallScorer, ScorerCall, ScorerReply } from '@flotilla/control-plane/binding/scorer/call-scorer'
import { FlotillaError } from '@flotilla/machinery/errors'

export interface ScorerOptions {
  /** Scorers on this machine are fine: the hub itself is only reached from it. */
  readonly allowLoopback: boolean
}

export function callScorerOverHttps({ allowLoopback }: ScorerOptions): CallScorer {
  return async (call) => {
    const [wrong] = checkEndpoint(call.url, allowLoopback)
    if (wrong !== undefined) throw new FlotillaError('Invalid', `its spec.url ${wrong}`)
    return post(call, checkedLookup(allowLoopback))
  }
}

function post(
  { url, ca, token, body, mostAnswerBytes, signal }: ScorerCall,
  find: LookupFunction,
): Promise<ScorerReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ScorerReply>()
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const options = { method: 'POST', headers, signal, minVersion: 'TLSv1.2' as const, lookup: find, agent: false }
  const sent = request(url, { ...options, ...(ca === undefined ? {} : { ca }) }, (answer) => {
    readAll(answer, mostAnswerBytes).then(
      (text) => resolve({ status: answer.statusCode ?? 0, body: text }),
      (error: unknown) => {
        sent.destroy()
        reject(worded(error))
      },
    )
  })
  sent.on('error', (error) => reject(worded(error)))
  sent.end(body)
  return promise
}

type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: Error | null, found: LookupAddress[]) => void,
) => void

/** The name is resolved here and nowhere else, so that what is checked is what is connected to. */
export function checkedLookup(allowLoopback: boolean, resolve: Resolve = lookup): LookupFunction {
  return (host, { all, ...options }, done) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '', 0)
      const [first = { address: '', family: 0 }] = found
      const refusal = found.map(({ address }) => refuseAddress(address, allowLoopback)).find((one) => one !== undefined)
      if (refusal !== undefined) {
        done(new FlotillaError('Invalid', `${host}, to which its spec.url leads, ${refusal}`), '', 0)
      } else if (all === true) done(null, found)
      else done(null, first.address, first.family)
    })
  }
}

async function readAll(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length
    if (length > mostBytes) throw new FlotillaError('TooLarge', `its answer is larger than ${mostBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts, length).toString('utf8')
}

/** The same words for the same failure, whatever the connection was: conditions are made of them. */
function worded(error: unknown): FlotillaError {
  if (error instanceof FlotillaError) return error
  const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string }
  const isTls = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
  return new FlotillaError(
    'Unavailable',
    isTls ? `its certificate is not trusted: ${message}` : `it cannot be reached: ${message}`,
  )
}
