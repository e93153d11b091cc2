// The columns of every built-in kind, by group and plural.
import type { ServedResource } from '../served-resource.ts'
import { ageColumn, nameColumn, type Column } from './column.ts'

const byResource: Readonly<Record<string, readonly Column[]>> = {}

export function builtinColumns({ group, plural }: ServedResource): readonly Column[] {
  return byResource[group === '' ? plural : `${plural}.${group}`] ?? [nameColumn, ageColumn]
}
