// Why an object on a member that is not ours is left alone, in words. Pure.
import { hubLabel } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { displayId, parseObjectId, type ObjectId } from '../object-id.ts'
import { describeDrift, type FieldDrift } from './drift.ts'

/** `differences`: of what is there from what we would state; undefined: they do not matter. */
export function refusalText(
  id: ObjectId,
  cluster: string,
  found: KubeObject | undefined,
  differences: readonly FieldDrift[] | undefined,
): string {
  const other = found?.metadata.labels?.[hubLabel]
  const owner = other === undefined ? '' : ` but of hub ${other}`
  const start = `Cannot take over ${displayId(id)} on ${cluster}: it exists and is not ours${owner}`
  if (differences === undefined) return `${start}, and conflictResolution is Abort`
  const { kind, name, namespace } = parseObjectId(id)
  const place = namespace === '' ? '' : ` -n ${namespace}`
  const next = other === undefined ? `. Next: flotilla adopt ${kind.toLowerCase()}/${name}${place} --dry-run` : ''
  return `${start}, and it differs: ${describeDrift(differences)}${next}`
}
