// Label selectors as people type them.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { parseLabelSelector, type Selector } from '@flotilla/machinery/selector'

/** @throws Invalid naming the selector. */
export function readSelector(text: string): Selector {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    if (!isError(error)) throw error
    const next = "Next: KEY=VALUE, KEY!=VALUE or 'KEY in (A,B)', with commas between"
    throw new FlotillaError('Invalid', `Cannot read the label selector ${text}: ${error.message}. ${next}`)
  }
}
