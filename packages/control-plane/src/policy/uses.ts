// Remembers which workloads asked for which objects when their followers were found, so that a change of one of those
// objects leads back to them.
import { objectIdOf, parseObjectId, type ObjectId } from '../object-id.ts'
import { followerKinds, type FollowerKind } from '../interpreter/follower-kinds.ts'
import type { NamespaceObjects } from './dependencies.ts'

export class Uses {
  readonly #users = new Map<ObjectId, Set<ObjectId>>()
  readonly #used = new Map<ObjectId, readonly ObjectId[]>()
  readonly #byNamespace = new Map<string, Set<ObjectId>>()

  /** Workloads that asked for the object, whether it was there or not. */
  usersOf(object: ObjectId): Iterable<ObjectId> {
    return this.#users.get(object) ?? []
  }

  /** Workloads of a namespace whose followers were found. */
  workloadsIn(namespace: string): Iterable<ObjectId> {
    return this.#byNamespace.get(namespace) ?? []
  }

  /** Runs `find` and remembers what it asked `objects` for in the name of `workload`. */
  record<T>(workload: ObjectId, objects: NamespaceObjects, find: (objects: NamespaceObjects) => T): T {
    const { namespace } = parseObjectId(workload)
    const asked = new Set<ObjectId>()
    const found = find({
      get: (kind: FollowerKind, name) => {
        asked.add(objectIdOf({ apiVersion: followerKinds[kind], kind, namespace, name }))
        return objects.get(kind, name)
      },
      list: (kind) => objects.list(kind),
    })
    this.forget(workload)
    this.#used.set(workload, [...asked])
    for (const object of asked) addTo(this.#users, object, workload)
    addTo(this.#byNamespace, namespace, workload)
    return found
  }

  forget(workload: ObjectId): void {
    for (const object of this.#used.get(workload) ?? []) removeFrom(this.#users, object, workload)
    this.#used.delete(workload)
    removeFrom(this.#byNamespace, parseObjectId(workload).namespace, workload)
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function removeFrom(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set?.delete(value) && set.size === 0) sets.delete(key)
}
