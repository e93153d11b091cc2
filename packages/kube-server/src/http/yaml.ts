// YAML as Kubernetes reads and writes it: version 1.1 booleans, no merge of types beyond JSON's.
import { isScalar, LineCounter, parseDocument, stringify, visit, type Document, type Tags } from 'yaml'
import { FlotillaError } from '@flotilla/machinery/errors'

/** How often aliases may multiply what they stand for, and how many there may be. */
const maxExpansions = 100
const maxAliases = 200
/** Half a megabyte of YAML takes up to a second to read: who has more to say sends JSON. */
const maxYamlLength = 512 * 1024

export interface ParsedYaml {
  readonly value: unknown
  /** `line 3: key "data" already set in map`, for each key that is given once more: the last one counts. */
  readonly duplicates: readonly string[]
}

/** Throws SyntaxError that tells the line when `text` is not YAML, TooLarge when it is too long or full of aliases. */
export function parseYaml(text: string): unknown {
  return readYaml(text).value
}

/** As `parseYaml`, with the keys that are given twice. */
export function readYaml(text: string): ParsedYaml {
  if (text.length > maxYamlLength) {
    const why = `${text.length} characters of YAML, the limit is ${maxYamlLength}: send JSON`
    throw new FlotillaError('TooLarge', `Request entity too large: ${why}`)
  }
  const lineCounter = new LineCounter()
  // The library's own search for duplicate keys and its pretty errors take quadratic time.
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter,
    customTags: keptTags,
  })
  const [broken] = document.errors
  if (broken !== undefined) throw new SyntaxError(goWords(broken, lineCounter))
  const duplicates = duplicateKeys(document, lineCounter)
  return { value: document.toJS({ maxAliasCount: maxExpansions, mapAsMap: false }), duplicates }
}

function duplicateKeys(document: Document.Parsed, lines: LineCounter): readonly string[] {
  const duplicates: string[] = []
  let aliases = 0
  visit(document, {
    Alias() {
      if (++aliases > maxAliases) throw new FlotillaError('TooLarge', `more than ${maxAliases} aliases in YAML`)
    },
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue
        if (seen.has(key.value)) {
          const { line } = lines.linePos(key.range?.[0] ?? 0)
          duplicates.push(`line ${line}: key ${JSON.stringify(String(key.value))} already set in map`)
        }
        seen.add(key.value)
      }
    },
  })
  return duplicates
}

interface YamlError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

/** What Go's YAML library says of the mistakes that are made most. */
function goWords({ code, message, pos }: YamlError, lines: LineCounter): string {
  const line = `yaml: line ${lines.linePos(pos[0]).line}:`
  if (code === 'BAD_INDENT' || code === 'UNEXPECTED_TOKEN') return `${line} did not find expected node content`
  if (code === 'TAB_AS_INDENT') return `${line} found character that cannot start any token`
  return `${line} ${message.split('\n', 1)[0] ?? ''}`
}

/** Tags beyond those of Kubernetes' own YAML library: timestamps, base 60 numbers, binary, sets stay text. */
function keptTags(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !isUnwanted(tag))
}

function isUnwanted(tag: { readonly tag: string; readonly format?: string }): boolean {
  return tag.format === 'TIME' || /timestamp|binary|:set|:omap|:pairs/.test(tag.tag)
}

/** Keys in the order of the alphabet, as Go writes them. */
export function writeYaml(value: unknown): string {
  return stringify(value, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0, sortMapEntries: true })
}
