// What a link between a process and a server is like just now.
import { FlotillaError, type ErrorCode } from '@flotilla/machinery/errors'

export interface Weather {
  /** One way, ms: between these. */
  readonly latencyMs: readonly [least: number, most: number]
  /** Of requests, how many never arrive; the client waits in vain. */
  readonly loss: number
  /** Of writes, how many are carried out while their answer is lost. */
  readonly lostAnswers: number
  /** Of writes, how many a proxy sends again because it lost the first answer: the second one is given. */
  readonly duplicates: number
  /** Which way nothing goes through. */
  readonly cut: 'none' | 'to' | 'from' | 'both'
  /** Of requests, how many the server refuses so. */
  readonly refusals: number
  readonly refusal: ErrorCode
  /** Only lists and watches of this resource (its plural). */
  readonly onlyReadsOf?: string
  /** Only of the process of this name. */
  readonly of?: string
  /** Only on connections of this purpose. */
  readonly only?: 'sync' | 'probe'
}

export const fair: Weather = {
  latencyMs: [1, 4],
  loss: 0,
  lostAnswers: 0,
  duplicates: 0,
  cut: 'none',
  refusals: 0,
  refusal: 'Unavailable',
}

export function isCut(weather: Weather, way: 'to' | 'from'): boolean {
  return weather.cut === way || weather.cut === 'both'
}

export function refusalOf(code: ErrorCode, server: string): FlotillaError {
  const details = code === 'TooManyRequests' || code === 'Unavailable' ? { retryAfterSeconds: 1 } : {}
  return new FlotillaError(code, `${server} says ${code}`, details)
}
