// Paths of fields, as people write them.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'

export function checkFieldPath(path: string, field: string): readonly StatusCause[] {
  if (/^[^.[\]]+(\.[^.[\]]+|\[[^[\]]+\])*$/.test(path)) return []
  return [fieldInvalid(field, path, 'must be a path such as spec.replicas or metadata.labels[example.com/key]')]
}
