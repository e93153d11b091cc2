// ApiSupport: the member must serve the kind, in whatever version.
import { parseApiVersion } from '@flotilla/machinery/resource'
import type { Judge, SharedFilter, SharedRequest } from './filter.ts'

export const apiSupport: SharedFilter = { name: 'ApiSupport', prepare }

function prepare({ apiVersion, kind }: SharedRequest): Judge {
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
