// Registrations that nothing is done for: of the hub itself, and of a cluster that is registered already. `flotilla
// join` refuses both; through the API they can still be made. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { Hub } from './hub.ts'

export interface Refusal {
  readonly reason: 'HubItself' | 'RegisteredTwice'
  readonly message: string
}

/** Why nothing is read from the cluster, or written to it, under this registration; undefined: all is well. */
export function refusalOf({ id, clusters }: Pick<Hub, 'id' | 'clusters'>, cluster: Cluster): Refusal | undefined {
  return refusalAmong(id, clusters.byIndex('id', cluster.spec.id), cluster)
}

/** As `refusalOf`, with what is registered by the identity of `cluster`. `hubId`: identity of the hub. */
export function refusalAmong(hubId: string, sameId: readonly Cluster[], cluster: Cluster): Refusal | undefined {
  const { name } = cluster.metadata
  if (cluster.spec.id === hubId) return hubItself(name)
  const first = sameId.reduce(older, cluster)
  if (first.metadata.name === name) return undefined
  const message = `Cannot use cluster ${name}: it is registered already, as ${first.metadata.name}. Next: flotilla unjoin ${name}`
  return { reason: 'RegisteredTwice', message }
}

/** Also of a registration that gives another identity, when it is the hub that answers. */
export function hubItself(name: string): Refusal {
  const why = 'it is the hub itself, which would deliver to itself what it is to deliver'
  return { reason: 'HubItself', message: `Cannot use cluster ${name}: ${why}. Next: flotilla unjoin ${name} --force` }
}

function older(a: Cluster, b: Cluster): Cluster {
  const [at, bt] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return bt < at || (bt === at && b.metadata.name < a.metadata.name) ? b : a
}
