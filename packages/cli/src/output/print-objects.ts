// Objects in the formats that kubectl has: json, yaml, name, jsonpath.
import { FlotillaError } from '@flotilla/machinery/errors'
import { renderJsonPathTemplate } from '@flotilla/machinery/json-path'
import type { KubeObject } from '@flotilla/machinery/object'
import { parseApiVersion } from '@flotilla/machinery/resource'

export type Format =
  | { readonly kind: 'table'; readonly isWide: boolean }
  | { readonly kind: 'json' | 'yaml' | 'name' }
  | { readonly kind: 'jsonpath'; readonly template: string }

/** Throws Invalid for a format that there is not. */
export function parseFormat(text: string | undefined): Format {
  if (text === undefined || text === 'wide') return { kind: 'table', isWide: text === 'wide' }
  if (text === 'json' || text === 'yaml' || text === 'name') return { kind: text }
  const [, template] = /^jsonpath=([\s\S]*)$/.exec(text) ?? []
  if (template !== undefined) return { kind: 'jsonpath', template }
  throw new FlotillaError(
    'Invalid',
    `Cannot print as ${text}: there is no such format. Next: -o json, yaml, wide, name or jsonpath=TEMPLATE`,
  )
}

/** `value`: one object, or a List of several. */
export async function formatObjects(value: KubeObject | ObjectList, format: Format): Promise<string> {
  switch (format.kind) {
    case 'json':
      return `${JSON.stringify(value, undefined, 4)}\n`
    case 'yaml': {
      const { stringify } = await import('yaml')
      return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
    }
    case 'name':
      return namesIn(value)
        .map((name) => `${name}\n`)
        .join('')
    case 'jsonpath':
      return renderJsonPathTemplate(format.template, value)
    case 'table':
      throw new FlotillaError('Internal', 'Cannot print objects as a table here')
  }
}

export interface ObjectList {
  readonly apiVersion: 'v1'
  readonly kind: 'List'
  readonly items: readonly KubeObject[]
}

export function listOf(items: readonly KubeObject[]): ObjectList {
  return { apiVersion: 'v1', kind: 'List', items }
}

/** `deployment.apps/web`: each once, though several clusters have it. */
function namesIn(value: KubeObject | ObjectList): readonly string[] {
  const items =
    'items' in value && Array.isArray(value.items) ? (value.items as readonly KubeObject[]) : [value as KubeObject]
  return [...new Set(items.map(shortName))]
}

export function shortName({ apiVersion, kind, metadata }: KubeObject): string {
  const { group } = parseApiVersion(apiVersion)
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name}`
}
