// Whether the tests that docs/guarantees.md names exist: a promise whose test was renamed or deleted is a violation.

export interface Reference {
  /** From the root of the repository. */
  readonly file: string
  readonly title: string
}

export interface Violation {
  readonly line: number
  readonly reason: string
}

/** Source of a file, or undefined where there is none. */
export type ReadSource = (file: string) => string | undefined

/** Rows that name no test say why: what they promise comes later, or is proved by something that is no test. */
const excuse = /\| (later|not proved|measured): \S.* \|$/

/** `FILE.test.ts` "title", as the tables name tests. */
export function referencesIn(line: string): readonly Reference[] {
  return [...line.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title }))
}

/** Titles of all tests in `source`, also those of `test.each`, placeholders as they stand. */
export function titlesIn(source: string): readonly string[] {
  const calls = /(?:\b(?:test|it)(?:\.\w+)*|\))\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)\s*,/g
  return [...source.matchAll(calls)].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1'),
  )
}

/** True when `source` has a test of that title; what stands for a placeholder must be a text in `source` too. */
export function hasTest(source: string, title: string): boolean {
  return titlesIn(source).some((each) => {
    const parts = each.split(/\$\{[^}]*\}|\$[\w.]+|%[sdijo]/)
    if (parts.length === 1 || each === title) return each === title
    const pattern = new RegExp(`^${parts.map(escapeRegExp).join('(.*)')}$`)
    const values = pattern.exec(title)?.slice(1)
    return values !== undefined && values.every((value) => isWritten(source, value))
  })
}

/** A number, or a text that stands in quotes: the name of a case. */
function isWritten(source: string, value: string): boolean {
  if (/^\d+$/.test(value)) return true
  const escaped = value.replaceAll("'", "\\'")
  return [`'${escaped}'`, `"${value}"`, `\`${value}\``].some((text) => source.includes(text))
}

/** Every row of every table names a test that exists, or says why there is none. */
export function checkGuarantees(document: string, read: ReadSource): readonly Violation[] {
  const lines = document.split('\n')
  return lines.flatMap((text, index) => {
    if (!isRow(lines, index)) return []
    return problemsOf(text, read).map((reason) => ({ line: index + 1, reason }))
  })
}

/** A line of a table that is neither its head nor the rule below it. */
function isRow(lines: readonly string[], index: number): boolean {
  const isLine = (line: string | undefined) => line?.startsWith('|') === true
  const isRule = (line: string | undefined) => /^\|[ :|-]+\|$/.test(line ?? '')
  return isLine(lines[index]) && !isRule(lines[index]) && !isRule(lines[index + 1])
}

function problemsOf(row: string, read: ReadSource): readonly string[] {
  const references = referencesIn(row)
  if (references.length === 0) return excuse.test(row) ? [] : [`names no test: ${row.slice(0, 80)}`]
  return references.flatMap(({ file, title }) => {
    const source = read(file)
    if (source === undefined) return [`there is no ${file}`]
    return hasTest(source, title) ? [] : [`${file} has no test "${title}"`]
  })
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
