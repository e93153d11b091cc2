// Regular expressions from schemas, compiled so that none can take exponential time. Schemas are written for
// Go's RE2; what JavaScript reads differently is translated where it is common.

const posixClasses: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\s',
  word: '\\w',
  xdigit: '0-9a-fA-F',
}

const compiled = new Map<string, RegExp | undefined>()
const compiledLimit = 2000

/** Characters of a value that a suspicious pattern is tried on: few enough that even 2^n steps end soon. */
const suspiciousLimit = 20

/** undefined: it cannot be told, since the pattern is no regular expression or could take unbounded time on `value`. */
export function matchesPattern(pattern: string, value: string): boolean | undefined {
  const expression = compilePattern(pattern)
  if (expression === undefined) return undefined
  if (value.length > suspiciousLimit && mayExplode(pattern)) return undefined
  return expression.test(value)
}

/** undefined: the pattern is no regular expression that JavaScript can read. */
export function compilePattern(pattern: string): RegExp | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern)
  if (compiled.size >= compiledLimit) compiled.clear()
  const expression = parse(pattern)
  compiled.set(pattern, expression)
  return expression
}

function parse(pattern: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern)
  const body = (flags === null ? pattern : pattern.slice(flags[0].length))
    .replace(/\[:(\w+):\]/g, (found, name: string) => posixClasses[name] ?? found)
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
  // RE2 allows escapes of punctuation that JavaScript refuses in unicode mode: those are read without it.
  for (const mode of ['u', '']) {
    try {
      return new RegExp(body, `${flags?.[1] ?? ''}${mode}`)
    } catch {
      continue
    }
  }
  return undefined
}

/** What Go says of a pattern that nobody can read: brackets that are left open. Undefined for all others. */
export function patternError(pattern: string): string | undefined {
  if (compilePattern(pattern) !== undefined) return undefined
  const plain = pattern.replaceAll(/\\./gs, '')
  const outside = plain.replaceAll(/\[\]?[^\]]*\]/g, '')
  const open = outside.indexOf('[')
  if (open >= 0) return `error parsing regexp: missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``
  const depth = Array.from(outside).reduce((sum, char) => sum + (char === '(' ? 1 : char === ')' ? -1 : 0), 0)
  if (depth === 0) return undefined
  return `error parsing regexp: ${depth > 0 ? 'missing closing )' : 'unexpected )'}: \`${pattern}\``
}

/**
 * True when a group that repeats without bound can match a text in several ways (`(a+)*`, `(a|a)*`), unless each round must
 * begin or end with a character that nothing else inside can match (`(\.[a-z]+)*`), or it refers back to a group.
 */
export function mayExplode(pattern: string): boolean {
  if (/\\[1-9]/.test(pattern)) return true
  const open: number[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '\\') at += 1
    else if (character === '[') at = endOfClass(pattern, at)
    else if (character === '(') open.push(at)
    else if (character === ')') {
      const start = open.pop()
      if (start === undefined || !repeats(pattern, at + 1)) continue
      const body = pattern.slice(start + 1, at).replace(/^\?(:|P?<\w+>)/, '')
      if (isAmbiguous(body) && !isDelimited(body)) return true
    }
  }
  return false
}

function endOfClass(pattern: string, start: number): number {
  let at = pattern[start + 1] === '^' ? start + 2 : start + 1
  if (pattern[at] === ']') at += 1
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at))
    at += pattern[at] === '\\' ? 2 : 1
  }
  return at
}

/** `*`, `+`, `{n,}` or a bound above 16. */
function repeats(pattern: string, at: number): boolean {
  if (pattern[at] === '*' || pattern[at] === '+') return true
  const bounds = /^\{\d*(,?)(\d*)\}/.exec(pattern.slice(at, at + 16))
  return bounds !== null && (bounds[2] === '' ? bounds[1] === ',' : Number(bounds[2]) > 16)
}

/** It holds alternatives, something optional or something repeated, so that a text may be split in several ways. */
function isAmbiguous(body: string): boolean {
  if (body.includes('|') || /[^\\(]\?/.test(body)) return true
  return holdsRepeat(body)
}

function holdsRepeat(body: string): boolean {
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === '\\') at += 1
    else if (body[at] === '[') at = endOfClass(body, at)
    if (repeats(body, at + 1)) return true
  }
  return false
}

/** Alternatives are not looked into: they count as not delimited. */
function isDelimited(body: string): boolean {
  if (body.includes('|')) return false
  const first = /^(?:\\([^\w\s])|([-/,:;_@ =]))(?![*+?{])/.exec(body)
  const last = /(?:\\([^\w\s])|([-/,:;_@ =]))$/.exec(body)
  return [first, last].some((found) => {
    const character = found?.[1] ?? found?.[2]
    if (found === null || character === undefined) return false
    const rest = found.index === 0 ? body.slice(found[0].length) : body.slice(0, found.index)
    return !mayMatch(rest, character)
  })
}

/** Conservative: true unless the text surely cannot match `character`. */
function mayMatch(body: string, character: string): boolean {
  const plain = body.replace(/[a-z]-[a-z]|[A-Z]-[A-Z]|\d-\d/g, '')
  if (/\[\^|\\[DSWpP]|(^|[^\\])\./.test(plain.replace(/\[[^\]]*\]/g, (group) => group.replaceAll('.', '')))) return true
  if (/[^[\\]-[^\]]/.test(plain)) return true
  return (
    plain.includes(character) || (character === '_' && /\\w/.test(plain)) || (character === ' ' && /\\s/.test(plain))
  )
}
