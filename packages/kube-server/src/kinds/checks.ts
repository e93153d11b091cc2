// Checks that many kinds share, in the API server's words.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { matchesFormat } from '@flotilla/machinery/format'
import { deepEqual } from '@flotilla/machinery/json'
import type { LabelSelectorObject, Labels } from '@flotilla/machinery/selector'
import { fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import { checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'

export function nonNegative(value: number | undefined, field: string): StatusCause[] {
  if (value === undefined || value >= 0) return []
  return [fieldInvalid(field, value, 'must be greater than or equal to 0')]
}

export function immutable(next: unknown, before: unknown, field: string): StatusCause[] {
  return deepEqual(next, before) ? [] : [fieldInvalid(field, next, 'field is immutable')]
}

export function portNumber(port: unknown, field: string): StatusCause[] {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535) return []
  return [fieldInvalid(field, port ?? 0, 'must be between 1 and 65535, inclusive')]
}

export function portName(name: string): readonly string[] {
  const problems: string[] = []
  if (name.length > 15) problems.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)')
  if (name.includes('--')) problems.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

/** The selector of a workload: stated, not empty, readable. `what` as upstream names the workload. */
export function workloadSelector(selector: LabelSelectorObject | undefined, what: string): StatusCause[] {
  if (selector === undefined || selector === null) return [fieldRequired('spec.selector')]
  const causes = usableSelector(selector, 'spec.selector')
  const size = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0)
  if (size === 0) causes.push(fieldInvalid('spec.selector', selector, `empty selector is invalid for ${what}`))
  return causes
}

export function selectorCauses(selector: LabelSelectorObject, field: string): StatusCause[] {
  const causes: StatusCause[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    for (const why of checkLabelKey(key)) causes.push(fieldInvalid(`${field}.matchLabels`, key, why))
    for (const why of checkLabelValue(value)) causes.push(fieldInvalid(`${field}.matchLabels`, value, why))
  }
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${index}]`
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      causes.push(fieldRequired(`${at}.values`, `must be specified when \`operator\` is 'In' or 'NotIn'`))
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      const why = `may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`
      causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field: `${at}.values` })
    }
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) {
      causes.push(fieldInvalid(`${at}.operator`, operator, 'not a valid selector operator'))
    }
    for (const why of checkLabelKey(key)) causes.push(fieldInvalid(`${at}.key`, key, why))
  }
  return causes
}

/** As `selectorCauses`, and once more for the selector as a whole, which cannot be used. */
export function usableSelector(selector: LabelSelectorObject, field: string): StatusCause[] {
  const causes = selectorCauses(selector, field)
  return causes.length === 0 ? [] : [...causes, fieldInvalid(field, selector, 'invalid label selector')]
}

/** The pods that the template makes must be those that the selector finds. */
export function selectorMatchesTemplate(
  selector: LabelSelectorObject | undefined,
  labels: Labels | undefined,
): StatusCause[] {
  if (selector && selectorCauses(selector, '').length > 0) return []
  const requirements = fromLabelSelector(selector ?? undefined)
  if (requirements.length === 0 || matchesLabels(requirements, labels)) return []
  const why = '`selector` does not match template `labels`'
  return [fieldInvalid('spec.template.metadata.labels', labels, why)]
}

const percentPattern = /^[0-9]+%$/

/** An amount or a percentage, as maxSurge takes it. */
export function amountOrPercent(value: number | string | undefined, field: string): StatusCause[] {
  if (value === undefined) return []
  if (typeof value === 'number') return nonNegative(value, field)
  if (percentPattern.test(value)) return []
  const why =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
  return [fieldInvalid(field, value, why)]
}

export function notAbove100Percent(value: number | string | undefined, field: string): StatusCause[] {
  if (typeof value !== 'string' || !percentPattern.test(value) || Number.parseInt(value, 10) <= 100) return []
  return [fieldInvalid(field, value, 'must not be greater than 100%')]
}

/** An address of IPv4 or IPv6. */
export function isAddress(text: string): boolean {
  return matchesFormat('ipv4', text) || matchesFormat('ipv6', text)
}

/** `value` without fields that are undefined. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T
}
