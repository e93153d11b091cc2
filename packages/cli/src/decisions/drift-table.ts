// Fields that differ on members, as a table.
import { ageOf } from '../output/age.ts'
import { formatTable } from '../output/table.ts'
import type { Drifted } from './drift-on-member.ts'

export function driftTable(drifted: readonly Drifted[], now: number): string {
  const rows = drifted.map(({ object, cluster, path, wanted, found, manager, since }) => [
    object,
    cluster,
    path === '' ? '<missing>' : path,
    shown(wanted),
    shown(found),
    manager ?? '<none>',
    since === undefined ? '<unknown>' : ageOf(since, now),
  ])
  return formatTable(['OBJECT', 'CLUSTER', 'FIELD', 'WANTED', 'FOUND', 'CHANGED BY', 'SINCE'], rows)
}

const longest = 60

function shown(value: unknown): string {
  if (value === undefined) return '<nothing>'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
