// An object that a person names as TYPE/NAME, as plans name it.
import type { ObjectRef } from '@flotilla/api/review'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { findKind, parseOne } from '../reach/kinds.ts'

/** `namespace`: of a kind that has one. @throws NotFound when the hub serves nothing of the type. */
export async function refOf(hub: KubeApi, text: string, namespace: string): Promise<ObjectRef> {
  const { type, name } = parseOne([text])
  const resource = await findKind(hub, type, 'the hub')
  const place = resource.namespaced ? { namespace } : {}
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...place, name }
}
