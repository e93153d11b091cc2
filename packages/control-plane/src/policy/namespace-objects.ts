// What the hub holds in one namespace, as finding followers asks for it.
import type { Hub } from '../hub.ts'
import { followerKinds, type FollowerKind } from '../interpreter/follower-kinds.ts'
import type { NamespaceObjects } from './dependencies.ts'

export function objectsIn(hub: Hub, namespace: string): NamespaceObjects {
  const ref = (kind: FollowerKind) => ({ apiVersion: followerKinds[kind], kind })
  return {
    get: (kind, name) => hub.templates.get({ ...ref(kind), namespace, name }),
    list: (kind) => hub.templates.inNamespace(ref(kind), namespace),
  }
}
