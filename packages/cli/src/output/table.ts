// Columns of text as kubectl prints them: upper-case headings, three spaces between, nothing behind the last.

export type Row = readonly string[]

/** Lines with a newline at the end of each. No rows: the headings alone. */
export function formatTable(headings: Row, rows: readonly Row[]): string {
  const widths = headings.map((heading, column) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[column] ?? '')), displayWidth(heading)),
  )
  return [headings, ...rows].map((row) => `${formatRow(row, widths)}\n`).join('')
}

function formatRow(row: Row, widths: readonly number[]): string {
  return row
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
    .join('   ')
    .trimEnd()
}

/** Colours take no place. */
function displayWidth(text: string): number {
  return stripColours(text).length
}

export function stripColours(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colours begin with a control character
  return text.replace(/\u001b\[\d*m/g, '')
}
