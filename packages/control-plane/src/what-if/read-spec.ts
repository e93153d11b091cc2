// The spec of a review, checked: what it says is all answered, so a field that there is not is refused. Pure.
import { FlotillaError } from '@flotilla/machinery/errors'
import { formatCauses } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import { unknownFields } from '@flotilla/machinery/prune'
import type { KindSchema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'

/** `schema`: of the spec alone. Throws Invalid naming the fields that are wrong. */
export function readSpec<Spec>({ kind, spec = {} }: KubeObject, schema: KindSchema): Spec {
  const unknown = unknownFields(schema, spec)
  const causes = validateValue(schema, spec, { path: 'spec', checkListTypes: true })
  if (unknown.length === 0 && causes.length === 0) return spec as Spec
  const why = unknown.length > 0 ? unknown.join(', ') : formatCauses(causes)
  const page = kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  throw new FlotillaError(
    'Invalid',
    `Cannot read the ${kind}: ${why}. Next: docs/reference/${page}.md has its fields`,
    causes.length > 0 ? { causes } : undefined,
  )
}
