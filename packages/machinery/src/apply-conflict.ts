// Conflicts of server-side apply: fields that others own with another value, worded as kube-apiserver does.
import { FlotillaError } from './errors.ts'
import { difference, isEmpty, pathsOf, type FieldPath, type FieldSet } from './field-set.ts'
import { printStep } from './field-step.ts'
import { ownerId, type Owner } from './managed-fields.ts'

/** Fields of `owner` that an apply would change. */
export interface ApplyConflict {
  readonly owner: Owner
  readonly fields: FieldSet
}

interface FieldConflict {
  readonly owner: Owner
  readonly path: FieldPath
}

/** The error for `conflicts`, of which there is at least one. */
export function conflictError(conflicts: readonly ApplyConflict[]): FlotillaError {
  const fields = conflicts.toSorted(byOwner).flatMap(fieldConflicts)
  const causes = fields.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describe(owner)}`,
    field: printPath(path),
  }))
  return new FlotillaError('Conflict', messageOf(fields), { causes })
}

/** What is left of `conflicts` once those on `allowed` fields do not count. */
export function conflictsBeside(conflicts: readonly ApplyConflict[], allowed: FieldSet): readonly ApplyConflict[] {
  return conflicts
    .map(({ owner, fields }) => ({ owner, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmpty(fields))
}

/** How errors name a field: `.spec.containers[name="web"].image`. */
export function printPath(path: FieldPath): string {
  return path.map(printStep).join('')
}

function byOwner(a: ApplyConflict, b: ApplyConflict): number {
  return ownerId(a.owner) < ownerId(b.owner) ? -1 : 1
}

function fieldConflicts({ owner, fields }: ApplyConflict): FieldConflict[] {
  return [...pathsOf(fields)].map((path) => ({ owner, path }))
}

function messageOf(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first !== undefined) {
    const { owner, path } = first
    return `Apply failed with 1 conflict: conflict with ${describe(owner)}: ${printPath(path)}`
  }
  const lines: string[] = []
  let previous: Owner | undefined
  for (const { owner, path } of conflicts) {
    if (owner !== previous) lines.push(`conflicts with ${describe(owner)}:`)
    lines.push(`- ${printPath(path)}`)
    previous = owner
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function describe({ manager, operation, apiVersion, subresource }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
