// Writes down who had what removed by hand, before it goes.
import { type ApprovalRecord, approvalsKey, withApproval } from '@flotilla/control-plane/delivery/breaker/approval'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { configMaps } from '@flotilla/machinery/well-known-resources'

/** How many are named. */
const mostNamed = 20

export async function recordRemoval(hub: KubeApi, record: ApprovalRecord): Promise<void> {
  const known = await hub.get(configMaps, approvalsKey).catch((error: unknown): undefined => {
    if (!isError(error, 'NotFound')) throw error
  })
  const data = withApproval(known, { ...record, workloads: record.workloads.slice(0, mostNamed) })
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: approvalsKey, data }
  if (known === undefined) await hub.create(configMaps, object, { fieldManager: 'flotilla-cli' })
  else {
    const patch = { metadata: { resourceVersion: known.metadata.resourceVersion }, data }
    await hub.patch(configMaps, approvalsKey, { type: 'merge', patch }, { fieldManager: 'flotilla-cli' })
  }
}
