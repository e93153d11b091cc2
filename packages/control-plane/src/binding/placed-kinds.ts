// Kinds that a cluster will serve because their definitions were placed there, whether or not it serves them yet. Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { Binding } from '../hub.ts'

export const definitions = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

export function placesDefinition({ spec: { workloads } }: Binding): boolean {
  return workloads[0]?.ref.kind === definitions.kind
}

/** `GROUP/KIND` by what `bindings` have decided for the cluster; `definitionOf`: the template of that name. */
export function placedKindsOn(
  clusterId: string,
  bindings: Iterable<Binding>,
  definitionOf: (name: string) => KubeObject | undefined,
): ReadonlySet<string> {
  const kinds = new Set<string>()
  for (const binding of bindings) {
    const isHere = binding.spec.decision?.clusters.some(({ id }) => id === clusterId) === true
    if (!isHere || !placesDefinition(binding)) continue
    const definition = definitionOf(binding.spec.workloads[0]?.ref.name ?? '')
    if (definition) kinds.add(`${textAt(definition, 'spec', 'group')}/${textAt(definition, 'spec', 'names', 'kind')}`)
  }
  return kinds
}
