// What people call the workload that a binding is about. Pure.
import { keyOf } from '@flotilla/machinery/object'
import type { Binding } from './hub.ts'

/** `NAMESPACE/NAME`; of a cluster-scoped one its name. */
export function workloadOf({ metadata, spec }: Binding): string {
  const ref = spec.workloads[0]?.ref
  if (ref === undefined) return keyOf(metadata)
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`
}
