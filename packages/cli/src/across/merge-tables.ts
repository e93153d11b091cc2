// One table from those of several clusters: NAMESPACE first, then NAME, then CLUSTER, AGE last. Pure.
import { plainLine } from '../output/plain.ts'
import type { Row } from '../output/table.ts'
import type { Answer } from '../reach/fleet.ts'
import type { Table, TableColumn, TableRow } from './read-tables.ts'

export interface MergeOptions {
  readonly isWide: boolean
  readonly hasNamespaces: boolean
  /** Several clusters were asked: each row says whose it is. */
  readonly hasClusters: boolean
}

export interface MergedTable {
  readonly headings: Row
  readonly rows: readonly Row[]
}

/** Members of different versions may print different columns: a cell that one does not have is empty. */
export function mergeTables(answers: readonly Answer<Table>[], options: MergeOptions): MergedTable {
  const columns = columnsOf(answers, options.isWide)
  const rows = answers.flatMap(({ cluster, value }) => {
    const at = new Map(value.columns.map(({ name }, index) => [name, index]))
    return value.rows.map((row) => ({
      namespace: plainLine(row.object?.metadata.namespace ?? ''),
      cluster,
      cells: columns.map((name) => cellText(row, at.get(name))),
    }))
  })
  rows.sort(
    (a, b) =>
      compare(a.namespace, b.namespace) || compare(a.cells[0] ?? '', b.cells[0] ?? '') || compare(a.cluster, b.cluster),
  )
  const place = (namespace: string, cluster: string, [name = '', ...rest]: Row): Row => [
    ...(options.hasNamespaces ? [namespace] : []),
    name,
    ...(options.hasClusters ? [cluster] : []),
    ...rest,
  ]
  return {
    headings: place(
      'NAMESPACE',
      'CLUSTER',
      columns.map((name) => plainLine(name).toUpperCase()),
    ),
    rows: rows.map(({ namespace, cluster, cells }) => place(namespace, cluster, cells)),
  }
}

function columnsOf(answers: readonly Answer<Table>[], isWide: boolean): readonly string[] {
  const shown = (column: TableColumn) => isWide || (column.priority ?? 0) === 0
  return [...new Set(answers.flatMap(({ value }) => value.columns.filter(shown).map(({ name }) => name)))]
}

function cellText({ cells }: TableRow, index: number | undefined): string {
  const value = index === undefined ? undefined : cells[index]
  if (value === undefined) return ''
  if (value === null) return '<none>'
  return plainLine(typeof value === 'string' ? value : JSON.stringify(value))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
