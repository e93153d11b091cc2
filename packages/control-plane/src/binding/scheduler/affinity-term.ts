// A rule of a policy as it holds for one workload: which group it names, and what makes clusters one place. Pure.
import { groupNameOf, type Topology, topologyOfTerm, type WorkloadAffinityTerm } from '@flotilla/api/workload-affinity'
import { fromLabelSelector, type Labels, type Selector } from '@flotilla/machinery/selector'

export interface Term {
  /** E.g. `app=db`: equal names are the same group of a namespace. */
  readonly group: string
  readonly selector: Selector
  readonly topology: Topology
}

/** None: `labels` have no value under the key that groups by. Throws BadRequest for a selector that admission refuses. */
export function toTerm(term: WorkloadAffinityTerm | undefined, labels: Labels): Term | undefined {
  if (term === undefined) return undefined
  const selector = selectorOf(term, labels)
  return selector && { group: groupNameOf(selector), selector, topology: topologyOfTerm(term) }
}

function selectorOf({ groupByLabelKey: key, labelSelector }: WorkloadAffinityTerm, labels: Labels) {
  if (key === undefined) return fromLabelSelector(labelSelector)
  const value = labels[key]
  return value === undefined ? undefined : fromLabelSelector({ matchLabels: { [key]: value } })
}
