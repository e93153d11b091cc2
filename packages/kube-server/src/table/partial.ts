// An object's metadata alone: PartialObjectMetadata.
import type { KubeObject, ObjectMeta } from '@flotilla/machinery/object'

export function partialOf(object: KubeObject, version: 'v1' | 'v1beta1' = 'v1') {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: shownMetadata(object) }
}

/** Upstream keeps it in the spec of its internal form, so that views of the metadata alone do not have it. */
const templateGeneration = 'deprecated.daemonset.template.generation'

function shownMetadata({ apiVersion, kind, metadata }: KubeObject): ObjectMeta {
  if (kind !== 'DaemonSet' || apiVersion !== 'apps/v1') return metadata
  const { annotations: { [templateGeneration]: _, ...annotations } = {}, ...rest } = metadata
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest
}
