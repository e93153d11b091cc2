// Values that are no Kubernetes objects, as json or yaml.
import { FlotillaError } from '@flotilla/machinery/errors'

export type ValueFormat = 'text' | 'json' | 'yaml'

/** Throws Invalid for a format that there is not. */
export function parseValueFormat(text: string | undefined): ValueFormat {
  if (text === undefined) return 'text'
  if (text === 'json' || text === 'yaml') return text
  throw new FlotillaError('Invalid', `Cannot print as ${text}: there is no such format here. Next: -o json or yaml`)
}

export async function formatValue(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`
  const { stringify } = await import('yaml')
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}
