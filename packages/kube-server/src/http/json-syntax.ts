// What is wrong with a JSON text, told as Go's decoder tells it; and fields that are given twice.

interface Reader {
  readonly text: string
  at: number
}

const unexpectedEnd = 'unexpected end of JSON input'
const literals = ['true', 'false', 'null']

/** Of a text that JSON.parse refuses. */
export function syntaxErrorOf(text: string): string {
  const reader: Reader = { text, at: 0 }
  const error = valueError(reader, 'looking for beginning of value')
  if (error !== undefined) return error
  skipSpace(reader)
  return unexpected(reader, 'after top-level value')
}

function valueError(reader: Reader, expected: string): string | undefined {
  skipSpace(reader)
  const char = reader.text[reader.at]
  if (char === '{') return objectError(reader)
  if (char === '[') return arrayError(reader)
  if (char === '"') return stringError(reader)
  const literal = literals.find((word) => word[0] === char)
  if (literal !== undefined) return literalError(reader, literal)
  const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(reader.text.slice(reader.at, reader.at + 64))
  if (number === null) return unexpected(reader, expected)
  reader.at += number[0].length
  return undefined
}

function objectError(reader: Reader): string | undefined {
  reader.at++
  skipSpace(reader)
  for (let expected = 'looking for beginning of object key string'; ;) {
    if (reader.text[reader.at] === '}' && reader.text[reader.at - 1] !== ',') return step(reader)
    if (reader.text[reader.at] !== '"') return unexpected(reader, expected)
    const error = stringError(reader) ?? punctuationError(reader, ':', 'after object key') ?? valueError(reader, value)
    if (error !== undefined) return error
    skipSpace(reader)
    if (reader.text[reader.at] === '}') return step(reader)
    const missing = punctuationError(reader, ',', 'after object key:value pair')
    if (missing !== undefined) return missing
    skipSpace(reader)
    expected = 'looking for beginning of object key string'
  }
}

const value = 'looking for beginning of value'

function arrayError(reader: Reader): string | undefined {
  reader.at++
  skipSpace(reader)
  if (reader.text[reader.at] === ']') return step(reader)
  for (;;) {
    const error = valueError(reader, value)
    if (error !== undefined) return error
    skipSpace(reader)
    if (reader.text[reader.at] === ']') return step(reader)
    const missing = punctuationError(reader, ',', 'after array element')
    if (missing !== undefined) return missing
  }
}

function step(reader: Reader): undefined {
  reader.at++
}

function punctuationError(reader: Reader, wanted: string, where: string): string | undefined {
  skipSpace(reader)
  if (reader.text[reader.at] !== wanted) return unexpected(reader, where)
  return step(reader)
}

function stringError(reader: Reader): string | undefined {
  reader.at = endOfString(reader.text, reader.at)
  const last = reader.text[reader.at]
  if (last === undefined) return unexpectedEnd
  if (last !== '"') return unexpected(reader, 'in string literal')
  return step(reader)
}

/** Where the string that begins at `start` has its closing quote, or a character that no string holds. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22 || code < 0x20) return at
  }
  return at
}

function literalError(reader: Reader, literal: string): string | undefined {
  for (const letter of literal) {
    if (reader.text[reader.at] !== letter) return unexpected(reader, `in literal ${literal}`)
    reader.at++
  }
  return undefined
}

function unexpected({ text, at }: Reader, where: string): string {
  const char = text.slice(at, at + 1)
  return char === '' ? unexpectedEnd : `invalid character '${char === "'" ? "\\'" : char}' ${where}`
}

function skipSpace(reader: Reader): void {
  while (/[ \t\r\n]/.test(reader.text[reader.at] ?? '')) reader.at++
}

/** `data.x` for each field that an object of the valid JSON `text` gives once more, in the order of the text. */
export function duplicateFields(text: string): readonly string[] {
  const found: string[] = []
  const open: Open[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const top = open.at(-1)
    if (code === 0x22) {
      const end = endOfString(text, at)
      if (top?.keys !== undefined && top.isKey) noteKey(open, top, text.slice(at, end + 1), found)
      at = end
    } else if (code === 0x7b) open.push({ keys: new Set(), isKey: true, name: '', index: 0 })
    else if (code === 0x5b) open.push({ isKey: false, name: '', index: 0 })
    else if (code === 0x7d || code === 0x5d) open.pop()
    else if (code === 0x2c && top !== undefined) {
      top.isKey = top.keys !== undefined
      top.index++
    }
  }
  return found
}

/** An object or list that is being read. */
interface Open {
  /** Of an object. */
  readonly keys?: Set<string>
  isKey: boolean
  /** The field that is being read. */
  name: string
  index: number
}

function noteKey(open: readonly Open[], top: Open, quoted: string, found: string[]): void {
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
  top.name = name
  top.isKey = false
  if (top.keys?.has(name)) found.push(pathOf(open))
  top.keys?.add(name)
}

function pathOf(open: readonly Open[]): string {
  let path = ''
  for (const { keys, name, index } of open) {
    if (keys === undefined) path += `[${index}]`
    else path += path === '' ? name : `.${name}`
  }
  return path
}
