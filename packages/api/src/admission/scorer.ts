// Rules for Scorer: the hub may only be sent where it may also have members.
import type { StatusCause } from '@flotilla/machinery/errors'
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import type { Scorer } from '../scorer.ts'
import { checkEndpoint } from './endpoint.ts'
import { invalid, type Rule } from './rule.ts'

export const checkScorer: Rule<Scorer> = ({ spec }, _old, { allowLoopbackEndpoints = false }) => [
  ...invalid('spec.url', spec.url.replace(/\/\/[^/]*@/, '//…@'), checkEndpoint(spec.url, allowLoopbackEndpoints)),
  ...(spec.caBundle === undefined ? [] : checkBundle(spec.caBundle)),
  ...(spec.secretRef === undefined
    ? []
    : invalid('spec.secretRef.name', spec.secretRef.name, checkDns1123Subdomain(spec.secretRef.name))),
]

/** `-----BEGIN ` in base64, whatever stands before it. */
function checkBundle(bundle: string): readonly StatusCause[] {
  const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(bundle)
  return isBase64 ? [] : invalid('spec.caBundle', `${bundle.slice(0, 16)}…`, ['must be PEM in base64'])
}
