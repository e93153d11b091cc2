// Selectors as text in cells.
import { formatSelector, fromLabelSelector, type LabelSelectorObject } from '@flotilla/machinery/selector'

/** A label selector object or a plain map of labels; `<none>` for an empty one. */
export function showSelector(value: unknown): string {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return '<none>'
  const isSelector = 'matchLabels' in value || 'matchExpressions' in value
  const selector = isSelector ? (value as LabelSelectorObject) : { matchLabels: value as Record<string, string> }
  const shown = formatSelector(fromLabelSelector(selector))
  return shown === '' ? '<none>' : shown
}

/** Labels as `a=b,c=d` in the order of their keys; `<none>` for none. */
export function showLabels(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '<none>'
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '<none>' : entries.map(([key, label]) => `${key}=${String(label)}`).join(',')
}
