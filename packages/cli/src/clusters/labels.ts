// Labels as people write them: `key=value`.
import { checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'
import { FlotillaError } from '@flotilla/machinery/errors'

/** Throws Invalid naming the one that is wrong. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map(parseLabel))
}

function parseLabel(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new FlotillaError('Invalid', `Cannot read the label ${text}: it is not KEY=VALUE`)
  const [key, value] = [text.slice(0, equals), text.slice(equals + 1)]
  const [wrong] = [...checkLabelKey(key), ...checkLabelValue(value)]
  if (wrong !== undefined) throw new FlotillaError('Invalid', `Cannot use the label ${text}: ${wrong}`)
  return [key, value]
}
