// Reads kubectl's JSONPath: `.spec.ports[*].port`, `.conditions[?(@.type=="Ready")].status`, `..name`, slices, unions,
// quoted and escaped keys. Specification: kubernetes.io "JSONPath Support".
import { FlotillaError } from './errors.ts'

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'path'; readonly path: JsonPath }

export type JsonPathStep =
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly at: readonly number[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly step: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descend' }
  | {
      readonly kind: 'filter'
      readonly left: Operand
      readonly test?: { readonly op: Comparison; readonly right: Operand }
    }

/** The steps from the value (`$` or `@`) on. */
export type JsonPath = readonly JsonPathStep[]

/**
 * Reads one path: `{.a.b}`, `.a.b`, `a.b` or `$.a.b`. Throws BadRequest naming the path and what is wrong in it.
 */
export function parseJsonPath(text: string): JsonPath {
  const trimmed = text.trim()
  const inner = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed
  const reader: Reader = { text: inner, at: 0 }
  const path = readPath(reader)
  if (reader.at < inner.length) throw wrong(reader, `unexpected ${JSON.stringify(inner.slice(reader.at))}`)
  return path
}

interface Reader {
  readonly text: string
  at: number
}

function readPath(reader: Reader): JsonPath {
  const steps: JsonPathStep[] = []
  if (reader.text[reader.at] === '$' || reader.text[reader.at] === '@') reader.at += 1
  else if (isNameCharacter(reader.text[reader.at])) steps.push(readField(reader))
  for (;;) {
    const next = reader.text[reader.at]
    if (next === '[') steps.push(readBrackets(reader))
    else if (next === '.') readDot(reader, steps)
    else return steps
  }
}

function readDot(reader: Reader, steps: JsonPathStep[]): void {
  reader.at += 1
  if (reader.text[reader.at] === '.') {
    reader.at += 1
    steps.push({ kind: 'descend' })
  }
  const next = reader.text[reader.at]
  if (next === '*') {
    reader.at += 1
    steps.push({ kind: 'wildcard' })
  } else if (isNameCharacter(next)) steps.push(readField(reader))
  else if (next !== undefined && next !== '[' && !' )'.includes(next))
    throw wrong(reader, `unexpected ${JSON.stringify(next)}`)
}

function isNameCharacter(character: string | undefined): boolean {
  return character !== undefined && !'.[]{}()@$*?:,=!<>\'" \t\r\n'.includes(character)
}

function readField(reader: Reader): JsonPathStep {
  let name = ''
  while (isNameCharacter(reader.text[reader.at])) {
    if (reader.text[reader.at] === '\\') reader.at += 1
    name += reader.text[reader.at] ?? ''
    reader.at += 1
  }
  return { kind: 'fields', names: [name] }
}

function readBrackets(reader: Reader): JsonPathStep {
  const start = reader.at
  const end = endOfBrackets(reader)
  const body = reader.text.slice(start + 1, end).trim()
  reader.at = end + 1
  if (body === '*' || body === '') return { kind: 'wildcard' }
  if (body.startsWith('?')) return readFilter(reader, body)
  if (/^['"]/.test(body)) return { kind: 'fields', names: splitNames(reader, body) }
  if (body.includes(':')) return readSlice(reader, body)
  return { kind: 'indexes', at: body.split(',').map((part) => wholeNumber(reader, part)) }
}

/** The bracket that closes the one at the reader, past nested ones and quoted text. */
function endOfBrackets(reader: Reader): number {
  let depth = 0
  for (let at = reader.at; at < reader.text.length; at += 1) {
    const character = reader.text[at]
    if (character === "'" || character === '"') at = endOfQuote(reader, at)
    else if (character === '[') depth += 1
    else if (character === ']' && (depth -= 1) === 0) return at
  }
  throw wrong(reader, 'unterminated array')
}

function endOfQuote(reader: Reader, start: number): number {
  for (let at = start + 1; at < reader.text.length; at += 1) {
    if (reader.text[at] === '\\') at += 1
    else if (reader.text[at] === reader.text[start]) return at
  }
  throw wrong(reader, 'unterminated quoted string')
}

function splitNames(reader: Reader, body: string): readonly string[] {
  const quoted: Reader = { text: body, at: 0 }
  const names: string[] = []
  while (quoted.at < body.length) {
    const end = endOfQuote(quoted, quoted.at)
    names.push(unquote(body.slice(quoted.at, end + 1)))
    const comma = /^\s*,\s*/.exec(body.slice(end + 1))
    if (comma === null && end + 1 < body.length) throw wrong(reader, `invalid array index ${body}`)
    quoted.at = end + 1 + (comma?.[0].length ?? 0)
  }
  return names
}

function unquote(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
  return text.slice(1, -1).replace(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character)
}

function readSlice(reader: Reader, body: string): JsonPathStep {
  const parts = body.split(':').map((part) => part.trim())
  if (parts.length > 3) throw wrong(reader, `invalid array index ${body}`)
  const [from, to, step] = parts.map((part) => (part === '' ? undefined : wholeNumber(reader, part)))
  if (step !== undefined && step <= 0) throw wrong(reader, 'step must be > 0')
  return {
    kind: 'slice',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    step: step ?? 1,
  }
}

function wholeNumber(reader: Reader, text: string): number {
  if (/^-?\d{1,9}$/.test(text.trim())) return Number(text)
  throw wrong(reader, `invalid array index ${text}`)
}

function readFilter(outer: Reader, body: string): JsonPathStep {
  const match = /^\?\s*\(([\s\S]*)\)$/.exec(body)
  if (match === null) throw wrong(outer, `unterminated filter ${body}`)
  const reader: Reader = { text: (match[1] ?? '').trim(), at: 0 }
  const left = readOperand(reader)
  skipSpace(reader)
  const op = /^(==|!=|<=|>=|<|>)/.exec(reader.text.slice(reader.at))?.[1] as Comparison | undefined
  if (op === undefined) {
    if (reader.at < reader.text.length) throw wrong(outer, `unrecognized filter ${reader.text}`)
    return { kind: 'filter', left }
  }
  reader.at += op.length
  skipSpace(reader)
  const right = readOperand(reader)
  skipSpace(reader)
  if (reader.at < reader.text.length) throw wrong(outer, `unrecognized filter ${reader.text}`)
  return { kind: 'filter', left, test: { op, right } }
}

function readOperand(reader: Reader): Operand {
  const first = reader.text[reader.at]
  if (first === "'" || first === '"') {
    const end = endOfQuote(reader, reader.at)
    const value = unquote(reader.text.slice(reader.at, end + 1))
    reader.at = end + 1
    return { kind: 'literal', value }
  }
  const literal = /^(?:-?\d+(?:\.\d+)?|true|false|null)(?![\w.])/.exec(reader.text.slice(reader.at))?.[0]
  if (literal === undefined) return { kind: 'path', path: readPath(reader) }
  reader.at += literal.length
  return { kind: 'literal', value: JSON.parse(literal) as number | boolean | null }
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at += 1
}

function wrong(reader: Reader, why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot read JSONPath ${JSON.stringify(reader.text)}: ${why}`)
}
