// Lets claims and volumes go that were deleted, once nobody uses them: takes off the finalizers they are created with.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { claimProtection, volumeProtection } from '../kinds/cluster-kinds.ts'
import { storeKey } from '../storage-forms.ts'
import type { Store, StoreEvent, Stored } from '../store/store.ts'
import { resourceOfKey } from '../store/store.ts'
import { ClaimUsers } from './claim-users.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { systemContext } from './deps.ts'
import { dropFinalizer } from './drop-finalizer.ts'
import { startKeyLoop } from './key-loop.ts'

const claims = 'persistentvolumeclaims'
const volumes = 'persistentvolumes'

const controllers = {
  [claims]: { context: contextOf('pvc-protection-controller'), finalizer: claimProtection },
  [volumes]: { context: contextOf('pv-protection-controller'), finalizer: volumeProtection },
} as const

function contextOf(account: string) {
  return systemContext(`system:serviceaccount:kube-system:${account}`)
}

export function startVolumeProtection(deps: HousekeepingDeps): Housekeeper {
  const { env, store } = deps
  const users = new ClaimUsers()
  const loop = startKeyLoop(env, 'volume-protection', (key) => release(deps, users, key))

  function noteStored(event: StoreEvent) {
    if (event.type !== 'DELETED' && event.object.metadata.deletionTimestamp) loop.add(event.key)
  }

  function notePod(event: StoreEvent) {
    for (const claim of users.note(event)) loop.add(claim)
  }

  function noteClaim(event: StoreEvent) {
    noteStored(event)
    const { volumeName } = event.object.spec as { volumeName?: string }
    if (event.type === 'DELETED' && volumeName) loop.add(`${volumes}/${volumeName}`)
  }

  const followed = [
    ['pods', notePod],
    [claims, noteClaim],
    [volumes, noteStored],
  ] as const
  const unfollow = followed.map(([resource, note]) => {
    for (const stored of store.list({ prefix: `${resource}/` }).items) note({ ...stored, type: 'ADDED' })
    return store.subscribe(resource, note)
  })
  return {
    stop() {
      for (const stop of unfollow) stop()
      loop.stop()
    },
  }
}

async function release(deps: HousekeepingDeps, users: ClaimUsers, key: string): Promise<void> {
  const stored = deps.store.get(key)
  const plural = resourceOfKey(key) === claims ? claims : volumes
  const { context, finalizer } = controllers[plural]
  const resource = deps.catalog.find('', 'v1', plural)
  if (stored === undefined || resource === undefined) return
  const { deletionTimestamp, finalizers } = stored.object.metadata
  if (!deletionTimestamp || !finalizers?.includes(finalizer)) return
  const isUsed = plural === claims ? users.isUsed(stored, deps.store) : isBound(stored, deps.store)
  if (isUsed) return
  try {
    await dropFinalizer(deps, context, resource, stored.object, finalizer)
  } catch (error) {
    // Whoever was faster wrote an event, which brings the key back.
    if (!isError(error, 'Conflict', 'NotFound')) throw error
  }
}

interface Volume extends KubeObject {
  readonly spec: { readonly claimRef?: { readonly name: string; readonly namespace: string; readonly uid?: string } }
  readonly status?: { readonly phase?: string }
}

/** A claim that is gone holds no volume, even where no controller says so in the volume's phase. */
function isBound({ object }: Stored, store: Store): boolean {
  const { spec, status } = object as Volume
  if (status?.phase !== 'Bound' || spec.claimRef === undefined) return false
  const claim = store.get(storeKey({ group: '', plural: claims }, spec.claimRef))?.object
  return claim !== undefined && (spec.claimRef.uid === undefined || spec.claimRef.uid === claim.metadata.uid)
}
