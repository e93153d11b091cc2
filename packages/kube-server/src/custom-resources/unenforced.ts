// Rules in CEL are stored and not enforced yet: whoever writes an object under them is told so.
import { groupResourceOf } from '@flotilla/machinery/resource'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { hasRules } from './structural.ts'

export function warnOfRules({
  stored,
  context,
}: {
  readonly stored: ServedResource
  readonly context: RequestContext
}): void {
  if (!stored.isCustom || !hasRules(stored.schema.root)) return
  context.warn(
    `the validation rules (x-kubernetes-validations) of ${groupResourceOf(stored)} are stored but not enforced`,
  )
}
