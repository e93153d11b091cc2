// ApiSupport: the member must serve the kind, in whatever version.
import { parseApiVersion } from '@flotilla/machinery/resource'
import type { ScheduleRequest } from '../request.ts'
import type { Filter, Judge, SharedFilter, SharedRequest } from './filter.ts'

export const apiSupport: SharedFilter = { name: 'ApiSupport', prepare }

/** The same of kinds that go along. */
export const apiSupportAlong: Filter = { name: 'ApiSupport', prepare: prepareAlong }

function prepareAlong({ apiVersion, kind, alongWith = [] }: ScheduleRequest): Judge {
  const others = alongWith.filter((other) => other.apiVersion !== apiVersion || other.kind !== kind)
  const judges = others.map(prepare)
  return (cluster) => judges.map((judge) => judge(cluster)).find((objection) => objection !== undefined)
}

function prepare({ apiVersion, kind }: Pick<SharedRequest, 'apiVersion' | 'kind'>): Judge {
  const { group } = parseApiVersion(apiVersion)
  const wanted = `${group}/${kind}`
  const shown = group === '' ? kind : `${kind}.${group}`
  return (cluster) => {
    if (cluster.kinds?.has(wanted) === true || cluster.placedKinds.has(wanted)) return undefined
    const isKnown = cluster.kinds !== undefined
    const describe = () => (isKnown ? `it does not serve ${shown}` : `whether it serves ${shown} is not known yet`)
    return { effect: 'NoGrowth', describe }
  }
}
