// The columns of every built-in kind, by plural and group; name and age where nothing more is known.
import { groupResourceOf } from '@flotilla/machinery/resource'
import type { ServedResource } from '../served-resource.ts'
import { ageColumn, nameColumn, type Column } from './column.ts'
import { objectColumns } from './object-columns.ts'
import { workloadColumns } from './workload-columns.ts'

const columns: ReadonlyMap<string, readonly Column[]> = new Map(
  Object.entries({ ...workloadColumns, ...objectColumns }),
)

export function builtinColumns(resource: ServedResource): readonly Column[] {
  return columns.get(groupResourceOf(resource)) ?? [nameColumn, ageColumn]
}
