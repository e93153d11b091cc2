// Field selectors: `metadata.name=web,status.phase!=Running`. Which fields a kind offers is its server's affair.
// Specification: k8s.io/apimachinery/pkg/fields.
import { FlotillaError } from './errors.ts'

export interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

export type FieldSelector = readonly FieldTerm[]

/** Throws BadRequest with the API server's words. In values, `\`, `,` and `=` are written with a `\` before them. */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => parseTerm(text, term))
}

function parseTerm(text: string, term: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
  if (match === null) throw refuse(`invalid selector: '${text}'; can't understand '${term}'`)
  const [, field = '', operator, value = ''] = match
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value) }
}

function splitTerms(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\]|\\$)+/g) ?? []
}

function unescapeValue(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/g, (found, escaped: string | undefined) => {
    if (escaped === undefined)
      throw refuse(`invalid field selector: unescaped character in value: ${found.codePointAt(0)}`)
    if (escaped === '' || !'\\,='.includes(escaped)) {
      throw refuse(`invalid field selector: invalid escape sequence: ${found}`)
    }
    return escaped
  })
}

/** True when every term holds; a field without a value counts as ''. */
export function matchesFields(selector: FieldSelector, getValue: (field: string) => string | undefined): boolean {
  return selector.every(({ field, operator, value }) => ((getValue(field) ?? '') === value) === (operator === '='))
}

/** The value that `field` must have, when the selector names exactly one: lets a list become a get. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.operator === '=' && term.field === field)?.value
}

/** The text of a selector, as `parseFieldSelector` reads it. */
export function formatFieldSelector(selector: FieldSelector): string {
  const escape = (value: string) => value.replace(/[\\,=]/g, (found) => `\\${found}`)
  return selector.map(({ field, operator, value }) => `${field}${operator}${escape(value)}`).join(',')
}

function refuse(message: string): FlotillaError {
  return new FlotillaError('BadRequest', message)
}
