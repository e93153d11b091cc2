// Workload affinity: which other workloads a workload must, or must not, be beside.
import { formatSelector, type Selector } from '@flotilla/machinery/selector'
import { type ValueOf, choice, object, optional, text } from './field.ts'
import { labelSelector } from './selector.ts'

function term(description: string) {
  return object(`${description} Exactly one of \`groupByLabelKey\` and \`labelSelector\`.`, {
    groupByLabelKey: optional(
      text(
        'Workloads whose templates have the same value under this label key are a group. A template without it has no group, and the term does not hold for it.',
        { maxLength: 317 },
      ),
    ),
    labelSelector: optional(labelSelector('Workloads of the namespace by labels of their templates.')),
    topologyField: optional(
      choice(
        'Clusters that share the value of this field of theirs are one place. Not together with `topologyLabel`. Default: cluster, each by itself.',
        ['cluster', 'region', 'zone', 'provider'],
      ),
    ),
    topologyLabel: optional(
      text('Clusters that share the value of this label are one place.', { minLength: 1, maxLength: 317 }),
    ),
  })
}

export const workloadAffinitySchema = object(
  'Other workloads of the namespace that matter to where a workload may go. All rules are about replicas that are added; none that runs is taken away for them.',
  {
    affinity: optional(term('Only where one of the group is placed; a member of the group may be the first anywhere.')),
    antiAffinity: optional(
      term('Only where none of the group is; what is placed keeps others of the group away as well.'),
    ),
    preferredAffinity: optional(
      term(
        'Growth goes where one of the group is placed, as far as there is room. With Aggregated or `dynamicWeight`.',
      ),
    ),
    preferredAntiAffinity: optional(
      term('Growth goes where none of the group is, as far as there is room. With Aggregated or `dynamicWeight`.'),
    ),
  },
)

export type WorkloadAffinity = ValueOf<typeof workloadAffinitySchema>
export type WorkloadAffinityTerm = NonNullable<WorkloadAffinity['affinity']>

/** What makes clusters one place, as spread constraints say it. */
export interface Topology {
  readonly spreadByField?: NonNullable<WorkloadAffinityTerm['topologyField']>
  readonly spreadByLabel?: string
}

export function topologyOfTerm({ topologyField, topologyLabel }: WorkloadAffinityTerm): Topology {
  return topologyLabel === undefined ? { spreadByField: topologyField ?? 'cluster' } : { spreadByLabel: topologyLabel }
}

/** `KEY=VALUE` where that is all that the selector asks for. */
export function labelPairOf([only, ...rest]: Selector): string | undefined {
  if (only === undefined || rest.length > 0 || only.values.length !== 1) return undefined
  const isEqual = only.operator === '=' || only.operator === '==' || only.operator === 'in'
  return isEqual ? `${only.key}=${only.values[0]}` : undefined
}

/** What a group is called: selectors that ask for one label are the same group however they are written. */
export function groupNameOf(selector: Selector): string {
  return labelPairOf(selector) ?? formatSelector(selector)
}
