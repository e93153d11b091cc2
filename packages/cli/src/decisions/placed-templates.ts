// Every template that a binding places, as the hub has it now.
import {
  listBindings,
  listClusterBindings,
  type TemplateAndBindings,
} from '@flotilla/control-plane/what-if/template-bindings'
import { discover } from '@flotilla/machinery/discovery'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'

/** With their bindings. `namespace` undefined: all namespaces and cluster-scoped ones. */
export async function readPlaced(hub: KubeApi, namespace: string | undefined): Promise<readonly TemplateAndBindings[]> {
  const bindings = await listBindings(hub, namespace)
  const all = namespace === undefined ? [...bindings, ...(await listClusterBindings(hub))] : bindings
  const discovery = await discover(hub)
  const byUid = new Map(
    all.flatMap(({ spec }) => [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => [ref.uid, ref] as const)),
  )
  const read = [...byUid.values()].map(async (ref): Promise<TemplateAndBindings[]> => {
    const resource = discovery.find(ref.apiVersion, ref.kind)
    const key = ref.namespace === undefined ? { name: ref.name } : { name: ref.name, namespace: ref.namespace }
    const template = resource && (await hub.get(resource, key).catch(ignoreNotFound))
    if (template === undefined || template.metadata.uid !== ref.uid) return []
    const claiming = all.filter(({ spec }) =>
      [...spec.workloads, ...(spec.followers ?? [])].some((one) => one.ref.uid === ref.uid),
    )
    return [{ template, binding: undefined, bindings: claiming }]
  })
  return (await Promise.all(read)).flat()
}

function ignoreNotFound(error: unknown): undefined {
  if (isError(error, 'NotFound')) return undefined
  throw error
}
