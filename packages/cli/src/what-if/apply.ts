// Applies what was planned, as `kubectl apply --server-side` would.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject, ManagedFieldsEntry } from '@flotilla/machinery/object'
import type { PlanSpec } from '@flotilla/api/plan'
import { isCluster } from '@flotilla/control-plane/what-if/plan-now'
import { applyManager, clientSideManager, isClientSide, type WouldBe } from '@flotilla/control-plane/what-if/would-be'

/** Throws Invalid naming what can be planned but is nobody's to apply. `registered`: names of clusters. */
export function checkAppliable({ apply = [], ...others }: PlanSpec, registered: ReadonlySet<string>): void {
  const next = 'Next: leave it out to apply the rest'
  const fields = Object.entries(others).filter(([, entries]) => entries.length > 0)
  if (fields.length > 0) {
    const names = fields.map(([field]) => titles[field as keyof typeof others]).join(' and ')
    throw new FlotillaError('Invalid', `Cannot apply the plan: ${names} can only be planned with. ${next}`)
  }
  if (apply.length === 0) throw new FlotillaError('Invalid', 'Cannot apply the plan: no file is given. Next: -f FILE')
  const invented = (apply as readonly unknown[] as readonly KubeObject[])
    .filter(isCluster)
    .find(({ metadata, status }) => status !== undefined || !registered.has(metadata.name))
  if (invented === undefined) return
  const { name } = invented.metadata
  const why = `Cluster ${name} is new or says what was observed of it, and clusters are joined (flotilla join ${name})`
  throw new FlotillaError('Invalid', `Cannot apply the plan: ${why}. ${next}`)
}

const titles: Readonly<Record<keyof Omit<PlanSpec, 'apply'>, string>> = {
  remove: 'objects taken away (kubectl delete does it)',
  lose: 'lost clusters',
  drain: 'drained clusters',
  add: 'new clusters',
  load: 'other loads',
  prices: 'other prices',
}

/** In the order of the files. `applied` is told each object once it is. @throws what the hub answers. */
export async function applyAll(
  api: KubeApi,
  objects: readonly WouldBe[],
  force: boolean,
  applied: (object: KubeObject) => void,
): Promise<void> {
  for (const each of objects) {
    await takeOver(api, each)
    const options = { fieldManager: applyManager, force }
    applied((await api.apply(each.resource, each.document, options)).object)
  }
}

/** What client-side apply wrote is owned by server-side apply from now on, so that what the file leaves out goes. */
async function takeOver(api: KubeApi, { resource, live }: WouldBe): Promise<void> {
  if (live === undefined || !isClientSide(live)) return
  const { managedFields = [], resourceVersion } = live.metadata
  const isTaken = managedFields.some(({ manager, operation }) => manager === applyManager && operation === 'Apply')
  const owned = managedFields.flatMap((entry): ManagedFieldsEntry[] => {
    if (entry.manager !== clientSideManager || entry.operation !== 'Update') return [entry]
    return isTaken ? [] : [{ ...entry, manager: applyManager, operation: 'Apply' }]
  })
  const patch = { metadata: { resourceVersion, managedFields: owned } }
  await api.patch(resource, live.metadata, { type: 'merge', patch }, { fieldManager: applyManager })
}
