// Makes a hub that was restored from a backup the one that writes to its members again.
import { readHubPast, writeHubPast, type HubPast } from '@flotilla/api/hub-past'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { pastKey } from '../cluster/health/hub-past.ts'
import type { Binding } from '../hub.ts'
import { listBindings, listClusterBindings } from '../what-if/template-bindings.ts'
import { withoutStaleRemovals } from './stale-evidence.ts'

const fieldManager = 'flotilla-takeover'
/** Controllers write bindings meanwhile. */
const mostPasses = 10

/**
 * Raises the hub's generation to `generation`, once nothing that it says is to be removed is left: until then it writes
 * to no member, so an end halfway does no harm. @throws Invalid when the hub has that generation already.
 */
export async function takeOver(hub: KubeApi, generation: number): Promise<void> {
  for (let pass = 1; await dropStaleRemovals(hub); pass++) {
    if (pass === mostPasses) throw refusal('its bindings keep changing. Next: try again')
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await raise(hub, generation)
    } catch (error) {
      // Controllers write of their past meanwhile.
      if (!isError(error, 'Conflict') || attempt === mostPasses) throw error
    }
  }
}

async function raise(hub: KubeApi, generation: number): Promise<void> {
  const found = await readObject(hub)
  const past = pastOf(found)
  if (past.generation >= generation) {
    throw refusal(`it has generation ${past.generation} already. Next: flotilla status`)
  }
  const data = writeHubPast({ ...past, generation, restored: undefined })
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: found?.metadata ?? pastKey, data }
  if (found === undefined) await hub.create(configMaps, object, { fieldManager })
  else await hub.update(configMaps, object, { fieldManager })
}

async function readObject(hub: KubeApi): Promise<KubeObject | undefined> {
  try {
    return await hub.get(configMaps, pastKey)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

function pastOf(object: KubeObject | undefined): HubPast {
  return readHubPast(object?.['data'] as Readonly<Record<string, string>> | undefined)
}

/** What the hub keeps of its past. */
export async function readPast(hub: KubeApi): Promise<HubPast> {
  return pastOf(await readObject(hub))
}

/** Whether anything was stale, or may be again. */
async function dropStaleRemovals(hub: KubeApi): Promise<boolean> {
  let isStale = false
  for (const binding of [...(await listBindings(hub)), ...(await listClusterBindings(hub))]) {
    isStale = (await dropFrom(hub, binding)) || isStale
  }
  return isStale
}

async function dropFrom(hub: KubeApi, binding: Binding): Promise<boolean> {
  const patch = withoutStaleRemovals(binding)
  if (patch === undefined) return false
  const { namespace } = binding.metadata
  const resource = namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
  try {
    await hub.patch(resource, binding.metadata, patch, { fieldManager })
  } catch (error) {
    if (!isError(error, 'NotFound', 'Conflict')) throw error
  }
  return true
}

function refusal(why: string): FlotillaError {
  return new FlotillaError('Invalid', `Cannot take the hub over: ${why}`)
}
