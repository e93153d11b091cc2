// Label selectors, as text (`a=b,c notin (x,y),!d`) and as objects, and how they match.
// Specification: k8s.io/apimachinery/pkg/labels and apis/meta/v1.
import { FlotillaError } from './errors.ts'
import { fieldInvalid, formatCauses } from './field-error.ts'
import { checkLabelKey, checkLabelValue } from './names.ts'
import { tokenize, type Token } from './selector-tokens.ts'

export type Labels = Readonly<Record<string, string>>

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<'

export interface Requirement {
  readonly key: string
  readonly operator: SelectorOperator
  readonly values: readonly string[]
}

/** All of its requirements must hold; none selects everything. */
export type Selector = readonly Requirement[]

export interface LabelSelectorObject {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export const everything: Selector = []
export const nothing: Selector = [{ key: '', operator: 'in', values: [] }]

/** Throws BadRequest with the API server's words. */
export function parseLabelSelector(text: string): Selector {
  const tokens = tokenize(text)
  const requirements: Requirement[] = []
  let at = 0
  while (tokens[at]?.kind !== 'end') {
    const first = tokens[at]
    if (!isIdentifier(first) && first?.text !== '!') {
      throw refuse(`found '${first?.text}', expected: !, identifier, or 'end of string'`)
    }
    const [requirement, next] = parseRequirement(tokens, at)
    requirements.push(requirement)
    at = expectSeparator(tokens, next)
  }
  return sortedByKey(requirements)
}

/** Reads the comma after a requirement and looks that another one follows. */
function expectSeparator(tokens: readonly Token[], at: number): number {
  const token = tokens[at]
  if (token?.kind === 'end') return at
  if (token?.text !== ',') throw refuse(`found '${token?.text}', expected: ',' or 'end of string'`)
  const next = tokens[at + 1]
  if (!isIdentifier(next) && next?.text !== '!') {
    throw refuse(`found '${next?.text}', expected: identifier after ','`)
  }
  return at + 1
}

function parseRequirement(tokens: readonly Token[], start: number): [Requirement, number] {
  const negated = tokens[start]?.text === '!' && tokens[start]?.kind === 'symbol'
  const at = negated ? start + 1 : start
  const key = tokens[at]
  if (!isIdentifier(key)) throw unparsed(`found '${key?.text}', expected: identifier`)
  const wrong = checkLabelKey(key.text)
  if (wrong.length > 0) throw unparsed(formatCauses([fieldInvalid('<nil>', key.text, wrong.join('; '))]))
  if (negated) return [{ key: key.text, operator: '!', values: [] }, at + 1]
  const next = tokens[at + 1]
  if (next?.kind === 'end' || (next?.kind === 'symbol' && next.text === ',')) {
    return [{ key: key.text, operator: 'exists', values: [] }, at + 1]
  }
  const operator = parseOperator(next)
  const isSet = operator === 'in' || operator === 'notin'
  const [values, end] = isSet ? parseValues(tokens, at + 2) : parseExactValue(tokens, at + 2)
  return [checked({ key: key.text, operator, values }, unparsed), end]
}

function parseOperator(token: Token | undefined): SelectorOperator {
  switch (token?.text) {
    case '=':
    case '==':
    case '!=':
    case '>':
    case '<':
    case 'in':
    case 'notin':
      return token.text
    default:
      throw unparsed(`found '${token?.text ?? ''}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

function parseValues(tokens: readonly Token[], start: number): [string[], number] {
  const open = tokens[start]
  if (open?.text !== '(') throw unparsed(`found '${open?.text}' expected: '('`)
  const values = new Set<string>()
  let at = start + 1
  for (let expectsValue = true; ;) {
    const token = tokens[at]
    if (isIdentifier(token) && expectsValue) values.add(token.text)
    else if (token?.kind === 'symbol' && token.text === ',') {
      if (expectsValue) values.add('')
    } else if (token?.text === ')') {
      if (expectsValue) values.add('')
      return [[...values].sort(), at + 1]
    } else {
      const afterComma = expectsValue ? "',', or identifier" : "',' or ')'"
      throw unparsed(`found '${token?.text}', expected: ${at === start + 1 ? "',', ')' or identifier" : afterComma}`)
    }
    expectsValue = token.kind === 'symbol'
    at += 1
  }
}

function parseExactValue(tokens: readonly Token[], at: number): [string[], number] {
  const token = tokens[at]
  if (token?.kind === 'end' || (token?.kind === 'symbol' && token.text === ',')) return [[''], at]
  if (!isIdentifier(token)) throw unparsed(`found '${token?.text}', expected: identifier`)
  return [[token.text], at + 1]
}

/** `in` and `notin` are words wherever no operator can stand. */
function isIdentifier(token: Token | undefined): token is Token & { readonly kind: 'word' } {
  return token?.kind === 'word'
}

/**
 * A selector object as a selector; undefined selects nothing, an empty one everything.
 * Throws BadRequest with the API server's words.
 */
export function fromLabelSelector(object: LabelSelectorObject | undefined): Selector {
  if (object === undefined) return nothing
  const pairs = Object.entries(object.matchLabels ?? {}).map(([key, value]) => exact(key, value))
  const expressions = (object.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const known = expressionOperators.get(operator)
    if (known === undefined) throw refuse(`${JSON.stringify(operator)} is not a valid label selector operator`)
    return checked({ key, operator: known, values }, refuse)
  })
  return sortedByKey([...pairs, ...expressions])
}

const expressionOperators = new Map<string, SelectorOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
])

function exact(key: string, value: string): Requirement {
  return checked({ key, operator: '=', values: [value] }, refuse)
}

function checked(requirement: Requirement, error: (message: string) => FlotillaError): Requirement {
  const { key, operator, values } = requirement
  const wrongKey = checkLabelKey(key)
  const causes = wrongKey.length > 0 ? [fieldInvalid('key', key, wrongKey.join('; '))] : []
  const wrongCount = countError(operator, values)
  if (wrongCount !== undefined) causes.push(fieldInvalid('values', values, wrongCount))
  for (const [index, value] of values.entries()) {
    const isBound = operator === '>' || operator === '<'
    if (isBound && !/^[+-]?\d+$/.test(value)) {
      causes.push(fieldInvalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    }
  }
  for (const [index, value] of values.entries()) {
    const wrong = checkLabelValue(value)
    if (wrong.length > 0) causes.push(fieldInvalid(`values[${index}][${key}]`, value, wrong.join('; ')))
  }
  if (causes.length > 0) throw error(formatCauses(causes))
  return requirement
}

function countError(operator: SelectorOperator, values: readonly string[]): string | undefined {
  const isSet = operator === 'in' || operator === 'notin'
  if (isSet && values.length === 0) return "for 'in', 'notin' operators, values set can't be empty"
  const isUnary = operator === 'exists' || operator === '!'
  return isUnary && values.length > 0 ? 'values set must be empty for exists and does not exist' : undefined
}

/** True when every requirement holds for `labels` (undefined: an object without any). */
export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => holds(requirement, labels))
}

function holds({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case '>':
    case '<':
      return value !== undefined && isBeyond(value, operator, values[0] ?? '')
  }
}

function isBeyond(value: string, operator: '>' | '<', bound: string): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false
  const difference = BigInt(value.replace('+', '')) - BigInt(bound.replace('+', ''))
  return operator === '>' ? difference > 0n : difference < 0n
}

/** The text of a selector, as `parseLabelSelector` reads it. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',')
}

function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key
  if (operator === '!') return `!${key}`
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${[...values].sort().join(',')})`
  return `${key}${operator}${values[0] ?? ''}`
}

function sortedByKey(requirements: readonly Requirement[]): Selector {
  return [...requirements].sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
}

function unparsed(message: string): FlotillaError {
  return refuse(`unable to parse requirement: ${message}`)
}

function refuse(message: string): FlotillaError {
  return new FlotillaError('BadRequest', message)
}
