// Strategic merge patch: Kubernetes' own patch format, which merges lists by key.
import type { JsonObject } from './json-value.ts'
import type { KindSchema } from './schema.ts'

export function applyStrategicMergePatch(object: JsonObject, _patch: JsonObject, _schema: KindSchema): JsonObject {
  return object
}
