// A rule of a policy as it holds for one workload: which group it names, and what makes clusters one place. Pure.
import { groupNameOf, type Topology, topologyOfTerm, type WorkloadAffinityTerm } from '@flotilla/api/workload-affinity'
import { isError } from '@flotilla/machinery/errors'
import { fromLabelSelector, type Labels, nothing, type Selector } from '@flotilla/machinery/selector'

export interface Term {
  /** E.g. `app=db`: equal names are the same group of a namespace. */
  readonly group: string
  readonly selector: Selector
  readonly topology: Topology
}

/**
 * None: `labels` have no value under the key that groups by. A malformed selector, which admission refuses where there
 * is any, selects nobody.
 */
export function toTerm(term: WorkloadAffinityTerm | undefined, labels: Labels): Term | undefined {
  const selector = term && selectorOf(term, labels)
  return term && selector && { group: groupNameOf(selector), selector, topology: topologyOfTerm(term) }
}

function selectorOf({ groupByLabelKey: key, labelSelector }: WorkloadAffinityTerm, labels: Labels) {
  try {
    if (key === undefined) return fromLabelSelector(labelSelector)
    const value = labels[key]
    return value === undefined ? undefined : fromLabelSelector({ matchLabels: { [key]: value } })
  } catch (error) {
    if (isError(error, 'BadRequest')) return nothing
    throw error
  }
}
