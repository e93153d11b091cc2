// Which workloads a change of load is about.
import type { PlanSpec } from '@flotilla/api/plan'
import { discover } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { matchesLabels, parseLabelSelector, type Selector } from '@flotilla/machinery/selector'
import type { Work } from '@flotilla/scheduler/plan/fleet'
import type { HubState } from './hub-state.ts'

type Load = NonNullable<PlanSpec['load']>[number]

/** Whether the load of that index is about the work. Labels are read from the templates only where a selector asks. */
export async function prepareLoad(
  api: KubeApi,
  loads: readonly Load[],
  { bindings }: HubState,
  objects: readonly KubeObject[],
): Promise<(work: Work, index: number) => boolean> {
  const selectors = loads.map(({ selector }) => (selector === undefined ? undefined : read(selector)))
  const isAsked = selectors.some((selector) => selector !== undefined)
  const labels = isAsked ? await readLabels(api, bindings, objects) : new Map<string, Labels>()
  return ({ workload, request }, index) => {
    const { namespace } = loads[index] ?? {}
    const selector = selectors[index]
    if (namespace !== undefined && workload.namespace !== namespace) return false
    return selector === undefined || matchesLabels(selector, labels.get(request.templateUID) ?? {})
  }
}

type Labels = Readonly<Record<string, string>>

/** Of templates, by UID. */
async function readLabels(
  api: KubeApi,
  bindings: HubState['bindings'],
  objects: readonly KubeObject[],
): Promise<ReadonlyMap<string, Labels>> {
  const refs = bindings.flatMap(({ spec }) => spec.workloads.map(({ ref }) => ref))
  const kinds = new Map(refs.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]))
  const discovery = await discover(api)
  const lists = await Promise.all(
    [...kinds.values()].map(async ({ apiVersion, kind }) => {
      const resource = discovery.find(apiVersion, kind)
      return resource === undefined ? [] : (await api.list(resource)).items
    }),
  )
  const all = [...lists.flat(), ...objects]
  return new Map(all.map(({ metadata }) => [metadata.uid ?? '', metadata.labels ?? {}]))
}

function read(selector: string): Selector {
  try {
    return parseLabelSelector(selector)
  } catch (error) {
    if (!isError(error)) throw error
    throw new FlotillaError('Invalid', `Cannot plan with the load of ${selector}: ${error.message}`)
  }
}
