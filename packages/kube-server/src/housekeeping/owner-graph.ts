// Who depends on whom, by uid.
import type { StoreEvent, Stored } from '../store/store.ts'

const nobody: ReadonlySet<string> = new Set()

export class OwnerGraph {
  private readonly keyOfUid = new Map<string, string>()
  private readonly dependents = new Map<string, Set<string>>()

  put(event: StoreEvent): void {
    for (const uid of ownersOf(event.before)) this.dependents.get(uid)?.delete(event.key)
    for (const uid of ownersOf(event)) this.dependentsFor(uid).add(event.key)
    const { uid } = event.object.metadata
    if (uid) this.keyOfUid.set(uid, event.key)
  }

  /** Answers with the keys that have to be looked at: dependents, and owners that may have waited. */
  remove(event: StoreEvent): readonly string[] {
    const { uid = '' } = event.object.metadata
    const owners = ownersOf(event)
    for (const owner of owners) this.forgetDependent(owner, event.key)
    const dependents = [...(this.dependents.get(uid) ?? nobody)]
    this.keyOfUid.delete(uid)
    return [...dependents, ...owners.flatMap((owner) => this.keyOfUid.get(owner) ?? [])]
  }

  has(uid: string): boolean {
    return this.keyOfUid.has(uid)
  }

  dependentsOf(uid: string): ReadonlySet<string> {
    return this.dependents.get(uid) ?? nobody
  }

  private forgetDependent(owner: string, key: string): void {
    const keys = this.dependents.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) this.dependents.delete(owner)
  }

  private dependentsFor(uid: string): Set<string> {
    const keys = this.dependents.get(uid) ?? new Set()
    this.dependents.set(uid, keys)
    return keys
  }
}

function ownersOf(stored: Stored | undefined): readonly string[] {
  return stored?.object.metadata.ownerReferences?.map(({ uid }) => uid) ?? []
}
