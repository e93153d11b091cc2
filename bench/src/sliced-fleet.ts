// Plain members in slices, and workloads that go to every member of one slice each.
import { deployments } from '@flotilla/machinery/well-known-resources'
import type { KubeObject } from '@flotilla/machinery/object'
import { ensureNamespace } from './api-server.ts'
import type { Run } from './benchmark.ts'
import { pool, until } from './clock.ts'
import { startHub, type Hub } from './hub.ts'
import { aDeployment, propagationPolicyResource, slicePolicy } from './manifests.ts'
import { startPlainFleet, type PlainFleet } from './separate-fleet.ts'

export const namespace = 'bench'

export interface SlicedSize {
  readonly members: number
  /** Members of a slice; `members` is a multiple of it. */
  readonly width: number
}

export interface SlicedFleet extends SlicedSize {
  readonly fleet: PlainFleet
  readonly hub: Hub
}

/** All of them are Ready, and each slice has its policy. */
export async function startSlicedFleet(run: Run, { members, width }: SlicedSize): Promise<SlicedFleet> {
  run.progress(`starting ${members} members`)
  const fleet = run.resources.use(await startPlainFleet(members))
  const hub = run.resources.use(await startHub())
  run.progress('registering them')
  await fleet.register(hub.api, (index) => ({ slice: sliceOf(Math.floor(index / width)) }))
  await hub.untilReady(members)
  await ensureNamespace(hub.api, namespace)
  for (let slice = 0; slice < members / width; slice++) {
    await hub.api.create(propagationPolicyResource, slicePolicy(namespace, sliceOf(slice)))
  }
  return { fleet, hub, members, width }
}

/** Creates so many workloads, slice by slice in turn; resolves when every member has all that it shall have. */
export async function place({ fleet, hub, members, width }: SlicedFleet, workloads: number): Promise<void> {
  const numbers = Array.from({ length: workloads }, (_, index) => index)
  await pool(numbers, 32, (index) => hub.api.create(deployments, aWorkload(index, members / width)))
  await until(
    'all copies',
    async () => (await fleet.ask({ kind: 'count' })).deployments,
    (count) => count >= workloads * width,
    { everyMs: 250, withinMs: 600_000 },
  )
}

export const replicas = 3

function aWorkload(index: number, slices: number): KubeObject {
  const object = aDeployment(namespace, nameOf(index), replicas)
  return { ...object, metadata: { ...object.metadata, labels: { slice: sliceOf(index % slices) } } }
}

export function nameOf(workload: number): string {
  return `web-${workload}`
}

function sliceOf(index: number): string {
  return `slice-${index}`
}
