// Which names, keys and values Kubernetes allows, and why not. Each check answers with the API server's messages;
// none means valid. Specification: k8s.io/apimachinery/pkg/util/validation.

const labelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`
const label1035Format = '[a-z]([-a-z0-9]*[a-z0-9])?'
const keyFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const valueFormat = `(${keyFormat})?`

const labelPattern = new RegExp(`^${labelFormat}$`)
const subdomainPattern = new RegExp(`^${subdomainFormat}$`)
const label1035Pattern = new RegExp(`^${label1035Format}$`)
const keyPattern = new RegExp(`^${keyFormat}$`)
const valuePattern = new RegExp(`^${valueFormat}$`)

const nameCharacters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const empty = 'must be non-empty'

/** Bytes that all annotations of an object may take together, keys and values. */
export const maxAnnotationsBytes = 256 * 1024

/** Most objects that make host names: Namespaces, container names. */
export function checkDns1123Label(value: string): readonly string[] {
  const errors = tooLong(value, 63)
  if (labelPattern.test(value)) return errors
  if (subdomainPattern.test(value)) return [...errors, 'must not contain dots']
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
    'and must start and end with an alphanumeric character'
  return [...errors, patternError(rule, labelFormat, 'my-name', '123-abc')]
}

/** Most objects' names. */
export function checkDns1123Subdomain(value: string): readonly string[] {
  const errors = tooLong(value, 253)
  if (subdomainPattern.test(value)) return errors
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
    'and must start and end with an alphanumeric character'
  return [...errors, patternError(rule, subdomainFormat, 'example.com')]
}

/** Services. */
export function checkDns1035Label(value: string): readonly string[] {
  const errors = tooLong(value, 63)
  if (label1035Pattern.test(value)) return errors
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic " +
    'character, and end with an alphanumeric character'
  return [...errors, patternError(rule, label1035Format, 'my-name', 'abc-123')]
}

/** A name inside a URL path: RBAC objects. */
export function checkPathSegmentName(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)
}

/** A label's or annotation's key: an optional DNS prefix, a slash, a name. */
export function checkLabelKey(value: string): readonly string[] {
  const parts = value.split('/')
  const pattern = patternError(nameCharacters, keyFormat, 'MyName', 'my.name', '123-abc')
  if (parts.length > 2) {
    return [`a valid label key ${pattern} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  const errors = prefix === undefined ? [] : checkPrefix(prefix)
  if (name === '') errors.push(`name part ${empty}`)
  errors.push(...tooLong(name, 63, 'bytes').map((message) => `name part ${message}`))
  if (!keyPattern.test(name)) errors.push(`name part ${pattern}`)
  return errors
}

function checkPrefix(prefix: string): string[] {
  if (prefix === '') return [`prefix part ${empty}`]
  return checkDns1123Subdomain(prefix).map((message) => `prefix part ${message}`)
}

export function checkLabelValue(value: string): readonly string[] {
  const errors = tooLong(value, 63, 'bytes')
  if (valuePattern.test(value)) return errors
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', " +
    'and must start and end with an alphanumeric character'
  return [...errors, patternError(rule, valueFormat, 'MyValue', 'my_value', '12345')]
}

/** The bytes of all keys and values (UTF-8), to hold against `maxAnnotationsBytes`. */
export function annotationsBytes(annotations: Readonly<Record<string, string>>): number {
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) bytes += utf8Length(key) + utf8Length(value)
  return bytes
}

/** Length in bytes of the UTF-8 form: this room may not use Buffer. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) bytes += 1
    // A surrogate pair is two units and four bytes, any other unit past 0x7ff three.
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) bytes += 1
  }
  return bytes
}

/** Upstream speaks of characters where it counts bytes, but for labels. */
function tooLong(value: string, bytes: number, unit = 'characters'): string[] {
  return utf8Length(value) > bytes ? [`must be no more than ${bytes} ${unit}`] : []
}

function patternError(rule: string, format: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ')
  return `${rule} (e.g. ${shown}regex used for validation is '${format}')`
}
