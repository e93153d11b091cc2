// Evaluates JSONPath on a value, and renders kubectl's templates: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
import { FlotillaError } from './errors.ts'
import { deepEqual, isObject } from './json.ts'
import { parseJsonPath, type Comparison, type JsonPath, type JsonPathStep, type Operand } from './json-path-parse.ts'

export { parseJsonPath, type JsonPath }

export interface JsonPathOptions {
  /** Throw NotFound for a field or index that is not there; by default it selects nothing. */
  readonly strict?: boolean
}

/** Everything that `path` selects in `value`, in order. */
export function evaluateJsonPath(path: JsonPath, value: unknown, options: JsonPathOptions = {}): readonly unknown[] {
  return path.reduce<readonly unknown[]>(
    (found, step) => found.flatMap((item) => select(step, item, options.strict ?? false)),
    [value],
  )
}

function select(step: JsonPathStep, value: unknown, strict: boolean): readonly unknown[] {
  switch (step.kind) {
    case 'fields':
      return step.names.flatMap((name) => {
        if (isObject(value) && Object.hasOwn(value, name)) return [value[name]]
        return notThere(strict, name)
      })
    case 'indexes':
      return step.at.flatMap((index) => {
        const list = Array.isArray(value) ? value : []
        const at = index < 0 ? index + list.length : index
        return at >= 0 && at < list.length ? [list[at]] : notThere(strict, `index ${index}`)
      })
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0) : []
    case 'wildcard':
      return childrenOf(value)
    case 'descend':
      return descendants(value)
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => passes(step, item)) : []
  }
}

function notThere(strict: boolean, what: string): readonly unknown[] {
  if (strict) throw new FlotillaError('NotFound', `${what} is not found`)
  return []
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

function descendants(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(descendants)]
}

function passes({ left, test }: Extract<JsonPathStep, { kind: 'filter' }>, item: unknown): boolean {
  const found = operandOf(left, item)
  if (test === undefined) return found.length > 0
  const other = operandOf(test.right, item)
  // An absent field equals nothing, and differs from everything.
  if (found.length === 0 || other.length === 0) return test.op === '!=' && found.length !== other.length
  return compare(found[0], test.op, other[0])
}

function operandOf(operand: Operand, item: unknown): readonly unknown[] {
  return operand.kind === 'literal' ? [operand.value] : evaluateJsonPath(operand.path, item)
}

function compare(left: unknown, op: Comparison, right: unknown): boolean {
  if (op === '==') return deepEqual(left, right)
  if (op === '!=') return !deepEqual(left, right)
  const isOrdered =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
  if (!isOrdered) return false
  if (op === '<') return left < right
  if (op === '<=') return left <= right
  return op === '>' ? left > right : left >= right
}

/** Text as kubectl prints it: strings bare, everything else as JSON, several results with spaces between. */
export function formatResults(results: readonly unknown[]): string {
  return results.map((result) => (typeof result === 'string' ? result : JSON.stringify(result ?? null))).join(' ')
}

/**
 * Renders a template: text, `{path}`, `{"quoted text"}`, `{range path}…{end}`. Throws BadRequest for a template that
 * cannot be read.
 */
export function renderJsonPathTemplate(template: string, value: unknown, options: JsonPathOptions = {}): string {
  const nodes: TemplateNode[] = []
  const rest = readNodes(splitTemplate(template), 0, nodes, false)
  if (rest !== undefined) throw unreadable(template, 'not in range, nothing to end')
  return renderNodes(nodes, value, options)
}

type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: JsonPath }
  | { readonly kind: 'range'; readonly path: JsonPath; readonly body: readonly TemplateNode[] }

function renderNodes(nodes: readonly TemplateNode[], value: unknown, options: JsonPathOptions): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text
      const found = evaluateJsonPath(node.path, value, options)
      if (node.kind === 'path') return formatResults(found)
      return found.map((item) => renderNodes(node.body, item, options)).join('')
    })
    .join('')
}

/** Text and actions by turns; an action keeps its braces. Braces in quoted text are text. */
function splitTemplate(template: string): readonly string[] {
  return template.match(/\{(?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[^{}"'])*\}|[^{]+|\{/g) ?? []
}

/** Reads into `nodes`; gives the index after the `{end}` that closed a range, undefined at the end of the template. */
function readNodes(
  parts: readonly string[],
  start: number,
  nodes: TemplateNode[],
  inRange: boolean,
): number | undefined {
  let at = start
  while (at < parts.length) {
    const part = parts[at] ?? ''
    at += 1
    if (part === '{') throw unreadable(parts.join(''), 'unclosed action')
    const action = part.startsWith('{') ? part.slice(1, -1).trim() : undefined
    if (action === 'end') return at
    const range = action === undefined ? null : /^range\s+([\s\S]+)$/.exec(action)
    if (range === null) {
      nodes.push(action === undefined ? { kind: 'text', text: part } : readAction(action))
      continue
    }
    const body: TemplateNode[] = []
    const next = readNodes(parts, at, body, true)
    if (next === undefined) throw unreadable(parts.join(''), 'unclosed range')
    nodes.push({ kind: 'range', path: parseJsonPath(range[1] ?? ''), body })
    at = next
  }
  if (inRange) throw unreadable(parts.join(''), 'unclosed range')
  return undefined
}

function readAction(action: string): TemplateNode {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(action)
  if (quoted === null) return { kind: 'path', path: parseJsonPath(action) }
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
  const text = (quoted[2] ?? '').replace(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character)
  return { kind: 'text', text }
}

function unreadable(template: string, why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot read the template ${JSON.stringify(template)}: ${why}`)
}
