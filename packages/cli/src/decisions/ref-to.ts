// How reviews name a template.
import type { ObjectRef } from '@flotilla/api/review'
import type { KubeObject } from '@flotilla/machinery/object'

export function refTo({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): ObjectRef {
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name }
}
