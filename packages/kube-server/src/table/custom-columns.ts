// Columns of custom resources, from their definition's JSON paths.
import { evaluateJsonPath, parseJsonPath } from '@flotilla/machinery/json-path'
import type { KubeObject } from '@flotilla/machinery/object'
import type { PrinterColumn, ServedResource } from '../served-resource.ts'
import { ageColumn, ageOf, nameColumn, type Column } from './column.ts'

export function customColumns({ columns }: ServedResource): readonly Column[] {
  return columns === undefined ? [nameColumn, ageColumn] : [nameColumn, ...columns.map(toColumn)]
}

function toColumn(column: PrinterColumn): Column {
  const find = findAt(column.jsonPath ?? '')
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
    cell: (object, { now }) => show(column.type, find(object as KubeObject), now),
  }
}

/** A function that finds the values at `path`; nothing at one that cannot be read or takes too long to follow. */
function findAt(path: string): (object: KubeObject) => readonly unknown[] {
  try {
    const steps = parseJsonPath(path)
    const descents = JSON.stringify(steps).split('"descend"').length - 1
    return descents > maxDescents ? () => [] : (object) => evaluateJsonPath(steps, object)
  } catch {
    return () => []
  }
}

/** Each `..` looks at everything below everything that the one before it found. */
const maxDescents = 1

/** A cell has the column's type or is null; a date becomes its age. */
function show(type: PrinterColumn['type'], found: readonly unknown[], now: number): unknown {
  const [value] = found
  if (value === undefined || value === null) return null
  if (type === 'date') return ageOf(value, now)
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
