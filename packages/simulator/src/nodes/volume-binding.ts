// Binds every claim at once: a simulated cluster has room for any volume.
import { watch, type Controller } from '@flotilla/runtime/controller'
import type { Cached } from '../cached.ts'
import type { PersistentVolumeClaim } from '../kinds.ts'
import { toOwnKey } from '../owner.ts'

export interface VolumeBindingDeps {
  readonly claims: Cached<PersistentVolumeClaim>
}

export function createVolumeBinding({ claims }: VolumeBindingDeps): Controller {
  return {
    name: 'volume-binding',
    watches: [watch(claims.rows, toOwnKey)],
    async reconcile(key) {
      const claim = claims.rows.get(key)
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined || claim.status?.phase === 'Bound')
        return
      const { accessModes = [], resources } = claim.spec
      await claims.writeStatus(claim, {
        ...claim.status,
        phase: 'Bound',
        accessModes,
        capacity: resources?.requests ?? {},
      })
    },
  }
}
