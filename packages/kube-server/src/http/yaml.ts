// YAML as Kubernetes reads and writes it: version 1.1 booleans, no merge of types beyond JSON's.
import { parseDocument, stringify, type Tags, type YAMLParseError } from 'yaml'

const maxAliases = 100

export interface ParsedYaml {
  readonly value: unknown
  /** `line 3: key "data" already set in map`, for each key that is given once more: the last one counts. */
  readonly duplicates: readonly string[]
}

/** Throws an Error that tells the line when `text` is not YAML or has more than 100 alias expansions. */
export function parseYaml(text: string): unknown {
  return readYaml(text).value
}

/** As `parseYaml`, with the keys that are given twice. */
export function readYaml(text: string): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    uniqueKeys: true,
    customTags: keptTags,
  })
  const broken = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  if (broken !== undefined) throw new SyntaxError(goWords(broken))
  const duplicates = document.errors.map((error) => duplicateKey(error, text))
  return { value: document.toJS({ maxAliasCount: maxAliases, mapAsMap: false }), duplicates }
}

function duplicateKey({ linePos, pos }: YAMLParseError, text: string): string {
  const key = /^["']?([^"':\n]*)/.exec(text.slice(pos[0]))?.[1] ?? ''
  return `line ${linePos?.[0].line ?? 1}: key ${JSON.stringify(key.trim())} already set in map`
}

/** What Go's YAML library says of the mistakes that are made most. */
function goWords({ code, message, linePos }: YAMLParseError): string {
  const line = `yaml: line ${linePos?.[0].line ?? 1}:`
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
