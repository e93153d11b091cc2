// Freeze: while its ConfigMap is there nothing moves. What people change is still decided; what was decided stays.
import { freezeName } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import type { Hub } from './hub.ts'

/** Also before the hub has been read: it might be. */
export function isFrozen({ settings }: Pick<Hub, 'settings'>): boolean {
  return !settings.hasSynced || settings.get(`${systemNamespace}/${freezeName}`) !== undefined
}
