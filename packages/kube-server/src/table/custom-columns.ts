// Columns of custom resources, from their definition's JSON paths.
import type { KubeObject } from '@flotilla/machinery/object'
import type { PrinterColumn, ServedResource } from '../served-resource.ts'
import { ageColumn, ageOf, nameColumn, type Column } from './column.ts'
import { compilePath } from './path.ts'

export function customColumns({ columns }: ServedResource): readonly Column[] {
  return columns === undefined ? [nameColumn, ageColumn] : [nameColumn, ...columns.map(toColumn)]
}

function toColumn(column: PrinterColumn): Column {
  const find = compilePath(column.jsonPath ?? '')
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
    cell: (object, { now }) => show(column.type, find(object as KubeObject), now),
  }
}

/** A cell has the column's type or is null; a date becomes its age. */
function show(type: PrinterColumn['type'], found: readonly unknown[], now: number): unknown {
  const [value] = found
  if (value === undefined || value === null) return null
  if (type === 'date') return ageOf(value, now)
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  return typeof value === 'object' ? JSON.stringify(value) : found.map(String).join(',')
}
