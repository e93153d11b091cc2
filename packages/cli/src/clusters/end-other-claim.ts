// Ends the claim of a hub that is gone, because a person said so: until then our own hub writes nothing to the member.
import { systemNamespace } from '@flotilla/api/group'
import { readHubClaim } from '@flotilla/control-plane/cluster/health/hub-lease'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { leases } from '@flotilla/machinery/well-known-resources'

export async function endOtherClaim(hub: KubeApi, member: KubeApi, onStep: (text: string) => void): Promise<void> {
  const [claim, own] = await Promise.all([readHubClaim(member), identityOf(hub)])
  if (claim === undefined || claim.hubId === own) return
  onStep(`Ending the claim of hub ${claim.hubId}`)
  const key = { namespace: systemNamespace, name: 'flotilla-hub' }
  const { metadata } = await member.get(leases, key)
  await member.delete(leases, key, metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } })
}
