// Text in values whose shape nobody promised.
import { valueAt } from '@flotilla/machinery/untyped'

/** The text at `path` below `value`; `otherwise` when there is none. */
export function textAt(value: unknown, path: readonly string[], otherwise = ''): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : otherwise
}
