// Query parameters and option bodies into the options of the operations, refused in upstream's words.
import { FlotillaError, type StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldNotSupported } from '@flotilla/machinery/field-error'
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from '@flotilla/machinery/kube-api'
import { invalid } from '../operations/refusals.ts'
import { isTrue, type RequestInfo } from './parse-request.ts'

const maxManagerBytes = 128

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions'

export function listOptions({ query, namespace }: RequestInfo): ListOptions {
  const match = query.get('resourceVersionMatch')
  const limit = integerOf(query, 'limit')
  if (query.get('sendInitialEvents') !== null) {
    refuse('ListOptions', 'sendInitialEvents', 'Forbidden', 'sendInitialEvents is forbidden for list')
  }
  return {
    ...(namespace === '' ? {} : { namespace }),
    ...pick(query, 'labelSelector'),
    ...pick(query, 'fieldSelector'),
    ...pick(query, 'continue'),
    ...pick(query, 'resourceVersion'),
    ...(limit === undefined || limit === 0 ? {} : { limit }),
    ...(match === null || match === '' ? {} : { resourceVersionMatch: listMatch(query, match) }),
  }
}

function listMatch(query: URLSearchParams, match: string): 'Exact' | 'NotOlderThan' {
  const resourceVersion = query.get('resourceVersion') ?? ''
  if (resourceVersion === '') {
    refuse(
      'ListOptions',
      'resourceVersionMatch',
      'Forbidden',
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  }
  if ((query.get('continue') ?? '') !== '') {
    refuse(
      'ListOptions',
      'resourceVersionMatch',
      'Forbidden',
      'resourceVersionMatch is forbidden when continue is provided',
    )
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    refuse(
      'ListOptions',
      'resourceVersionMatch',
      'NotSupported',
      `${quote(match)}: supported values: "Exact", "NotOlderThan", ""`,
    )
  }
  if (match === 'Exact' && resourceVersion === '0') {
    refuse(
      'ListOptions',
      'resourceVersionMatch',
      'Forbidden',
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    )
  }
  return match
}

export function watchOptions({ query, namespace, name }: RequestInfo): WatchOptions {
  const timeoutSeconds = integerOf(query, 'timeoutSeconds')
  const sendInitialEvents = query.get('sendInitialEvents')
  const match = query.get('resourceVersionMatch') ?? ''
  checkInitialEvents(query)
  return {
    ...(namespace === '' ? {} : { namespace }),
    ...pick(query, 'labelSelector'),
    ...(name === '' ? pick(query, 'fieldSelector') : { fieldSelector: `metadata.name=${escapeValue(name)}` }),
    ...pick(query, 'resourceVersion'),
    ...(match === 'NotOlderThan' ? { resourceVersionMatch: match } : {}),
    ...(isTrue(query.get('allowWatchBookmarks')) ? { allowWatchBookmarks: true } : {}),
    ...(sendInitialEvents === null ? {} : { sendInitialEvents: isTrue(sendInitialEvents) }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  }
}

/** A watch authorized for one name sees that one alone, whether the path or the selector named it. */
function escapeValue(name: string): string {
  return name.replaceAll(/[\\,=]/g, '\\$&')
}

function checkInitialEvents(query: URLSearchParams): void {
  const hasInitialEvents = query.get('sendInitialEvents') !== null
  const match = query.get('resourceVersionMatch') ?? ''
  const causes: StatusCause[] = []
  const forbid = (why: string) => causes.push(fieldForbidden('resourceVersionMatch', why))
  if (hasInitialEvents && match === '')
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  if (!hasInitialEvents && match !== '') {
    forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  }
  if (match !== '' && match !== 'NotOlderThan') {
    causes.push(fieldNotSupported('resourceVersionMatch', match, ['NotOlderThan']))
  }
  if ((query.get('continue') ?? '') !== '') forbid('resourceVersionMatch is forbidden when continue is provided')
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes)
}

/** `userAgent` names the field manager when the query does not. */
export function writeOptions(kind: OptionsKind, info: RequestInfo, userAgent: string | undefined): WriteOptions {
  const { query, subresource } = info
  const fieldManager = query.get('fieldManager') ?? ''
  checkManager(kind, fieldManager)
  return {
    dryRun: isDryRun(kind, query.getAll('dryRun')),
    fieldManager: fieldManager === '' ? managerFromAgent(userAgent) : fieldManager,
    fieldValidation: fieldValidationOf(kind, query),
    ...(subresource === '' ? {} : { subresource }),
  }
}

function fieldValidationOf(kind: OptionsKind, query: URLSearchParams): 'Strict' | 'Warn' | 'Ignore' {
  const value = query.get('fieldValidation') ?? ''
  if (value === '' || value === 'Warn') return 'Warn'
  if (value === 'Strict' || value === 'Ignore') return value
  return refuse(
    kind,
    'fieldValidation',
    'NotSupported',
    `${quote(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
  )
}

function checkManager(kind: OptionsKind, manager: string): void {
  if (Buffer.byteLength(manager) > maxManagerBytes) {
    refuse(kind, 'fieldManager', 'TooLong', `may not be more than ${maxManagerBytes} bytes`)
  }
  const at = manager.search(unprintable)
  if (at < 0) return
  const code = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  refuse(kind, 'fieldManager', 'Invalid', `${goQuote(manager)}: invalid character U+${code} (at position ${at})`)
}

/** What Go calls unprintable. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u

const goEscapes: Readonly<Record<string, string>> = { '\u0007': '\\a', '\u000b': '\\v' }

function goQuote(text: string): string {
  return quote(text).replaceAll(/\\u0007|\\u000b/g, (escape) => goEscapes[JSON.parse(`"${escape}"`)] ?? escape)
}

function managerFromAgent(userAgent: string | undefined): string {
  const word = (userAgent ?? '').split('/', 1)[0] ?? ''
  const printable = word.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
  return printable.slice(0, maxManagerBytes) || 'unknown'
}

function isDryRun(kind: OptionsKind, values: readonly string[]): boolean {
  if (values.some((value) => value !== 'All')) {
    refuse(kind, 'dryRun', 'NotSupported', `${JSON.stringify(values)}: supported values: "All"`)
  }
  return values.length > 0
}

/** Options of a delete: a body replaces the query altogether, as upstream does. */
export function deleteOptions(
  { query }: RequestInfo,
  body: Readonly<Record<string, unknown>> | undefined,
): DeleteOptions {
  const dryRun = body === undefined ? query.getAll('dryRun') : stringsOf(body['dryRun'])
  const propagation = body === undefined ? query.get('propagationPolicy') : body['propagationPolicy']
  const orphan = body === undefined ? query.get('orphanDependents') : body['orphanDependents']
  const grace = body === undefined ? integerOf(query, 'gracePeriodSeconds') : body['gracePeriodSeconds']
  const propagationPolicy = propagationOf(propagation, orphan)
  const preconditions = preconditionsOf(body?.['preconditions'])
  return {
    dryRun: isDryRun('DeleteOptions', dryRun),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(preconditions === undefined ? {} : { preconditions }),
  }
}

function propagationOf(policy: unknown, orphan: unknown): DeleteOptions['propagationPolicy'] {
  const hasPolicy = policy !== undefined && policy !== null && policy !== ''
  const hasOrphan = orphan !== undefined && orphan !== null && orphan !== ''
  if (hasPolicy && hasOrphan) {
    const text = 'orphanDependents and deletionPropagation cannot be both set'
    refuse('DeleteOptions', 'propagationPolicy', 'Invalid', `${quote(String(policy))}: ${text}`)
  }
  if (hasOrphan) return orphan === true || orphan === 'true' ? 'Orphan' : 'Background'
  if (!hasPolicy) return undefined
  if (policy === 'Foreground' || policy === 'Background' || policy === 'Orphan') return policy
  const supported = 'supported values: "Foreground", "Background", "Orphan", "nil"'
  return refuse('DeleteOptions', 'propagationPolicy', 'NotSupported', `${quote(String(policy))}: ${supported}`)
}

function preconditionsOf(value: unknown): DeleteOptions['preconditions'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { uid, resourceVersion } = value as { uid?: unknown; resourceVersion?: unknown }
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}

const reasons = {
  NotSupported: { reason: 'FieldValueNotSupported', text: 'Unsupported value' },
  Forbidden: { reason: 'FieldValueForbidden', text: 'Forbidden' },
  Required: { reason: 'FieldValueRequired', text: 'Required value' },
  Invalid: { reason: 'FieldValueInvalid', text: 'Invalid value' },
  TooLong: { reason: 'FieldValueTooLong', text: 'Too long' },
} as const

/** The Invalid error of an options object of meta.k8s.io. */
export function refuse(kind: OptionsKind, field: string, type: keyof typeof reasons, detail: string): never {
  const { reason, text } = reasons[type]
  const message = `${text}: ${detail}`
  const cause: StatusCause = { reason, message, field }
  const details = { group: 'meta.k8s.io', kind, causes: [cause] }
  throw new FlotillaError('Invalid', `${kind}.meta.k8s.io "" is invalid: ${field}: ${message}`, details)
}

function pick<K extends string>(query: URLSearchParams, name: K): { [P in K]?: string } {
  const value = query.get(name)
  return (value === null || value === '' ? {} : { [name]: value }) as { [P in K]?: string }
}

function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  throw new FlotillaError('BadRequest', `strconv.ParseInt: parsing ${quote(text)}: invalid syntax`)
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function quote(text: string): string {
  return JSON.stringify(text)
}
