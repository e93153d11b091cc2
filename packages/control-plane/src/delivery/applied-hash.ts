// The hash of what we state: an HMAC, so that whoever reads the annotation learns nothing of a Secret's value.
import { appliedAnnotation } from '@flotilla/api/group'
import { canonicalJson } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'

/** Keyed with the hub's own key; text in, text out. */
export type Hmac = (text: string) => string

export function appliedHash(stated: KubeObject, hmac: Hmac): string {
  return hmac(canonicalJson(stated))
}

export function withAppliedHash(stated: KubeObject, hash: string): KubeObject {
  const annotations = { ...stated.metadata.annotations, [appliedAnnotation]: hash }
  return { ...stated, metadata: { ...stated.metadata, annotations } }
}
