// YAML as Kubernetes reads and writes it: version 1.1 booleans, no merge of types beyond JSON's.
import { parseDocument, stringify, type Tags } from 'yaml'

const maxAliases = 100

/** Throws an Error that tells the line when `text` is not YAML or has more than 100 alias expansions. */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    uniqueKeys: true,
    customTags: keptTags,
  })
  const [first] = document.errors
  if (first !== undefined) throw first
  return document.toJS({ maxAliasCount: maxAliases, mapAsMap: false })
}

/** Tags beyond those of Kubernetes' own YAML library: timestamps, base 60 numbers, binary, sets stay text. */
function keptTags(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !isUnwanted(tag))
}

function isUnwanted(tag: { readonly tag: string; readonly format?: string }): boolean {
  return tag.format === 'TIME' || /timestamp|binary|:set|:omap|:pairs/.test(tag.tag)
}

export function writeYaml(value: unknown): string {
  return stringify(value, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 })
}
