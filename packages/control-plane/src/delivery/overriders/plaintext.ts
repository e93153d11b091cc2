// plaintext: JSON patch operations on the whole object.
import type { PlaintextOverrider } from '@flotilla/api/override-policy'
import { applyJsonPatch } from '@flotilla/machinery/json-patch'
import type { JsonPatchOperation } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { resolveValue, type Variables } from './variables.ts'

/** Throws Invalid where the object does not have what is to be replaced or removed. */
export function overridePlaintext(
  object: KubeObject,
  { path, operator, value }: PlaintextOverrider,
  variables: Variables,
): KubeObject {
  const operation: JsonPatchOperation =
    operator === 'remove' ? { op: 'remove', path } : { op: operator, path, value: resolveValue(value, variables) }
  return applyJsonPatch(object, [operation]) as KubeObject
}
