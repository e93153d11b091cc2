// The end of chaos: whatever is broken is mended, and people put right what only people can.
import { quarantineTaint } from '@flotilla/api/failover'
import { leases } from '@flotilla/machinery/well-known-resources'
import { hubId } from './controllers-process.ts'
import { editCluster, forget, leaseKey, rejoin, thaw, withoutOrder } from './steps.ts'
import type { World } from './world.ts'

export async function healWorld(world: World): Promise<void> {
  world.history.note('heal')
  await world.hub.start()
  world.net.heal()
  for (const member of world.members.values()) {
    member.up()
    member.denial = undefined
  }
  for (const process of world.processes) if (process.name === 'rival') process.crash()
  world.ensureControllers()
  for (const process of world.processes) {
    process.resume()
    world.wake(process)
  }
  if (world.model.frozenSince !== undefined) await world.peopleDone(() => thaw(world))
  for (const name of world.members.keys()) await world.peopleDone(() => putRight(world, name))
}

/** The member is registered as what it is, may be used, and is ours. */
async function putRight(world: World, name: string): Promise<void> {
  const member = world.member(name)
  await freeLease(world, name)
  const registered = world.model.clusters.get(name)
  const hub = world.hub.api()
  if (registered !== undefined && registered.id === member.id) {
    return editCluster(world, name, { ...withoutOrder, spec: { taints: [], suspend: false } })
  }
  if (hub !== undefined) await forget(hub, name).catch(() => {})
  await rejoin(world, name)
}

/** People look at clusters that came and went too often, find them well, and say so. */
export async function pardon(world: World): Promise<void> {
  const quarantined = [...world.model.clusters.values()].filter(
    ({ state, taints }) => state === 'Healthy' && taints.includes(quarantineTaint.key),
  )
  for (const { name } of quarantined) await world.peopleDone(() => editCluster(world, name, { spec: { taints: [] } }))
}

async function freeLease(world: World, name: string): Promise<void> {
  const { admin } = world.member(name)
  const lease = await admin.get(leases, leaseKey).catch(() => undefined)
  const { annotations = {} } = lease?.metadata ?? {}
  const isOurs = annotations['flotilla.dev/hub-id'] === hubId && annotations['flotilla.dev/hub-generation'] === '1'
  if (lease !== undefined && !isOurs) await admin.delete(leases, leaseKey)
}
