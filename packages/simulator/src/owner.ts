// Who owns whom.
import { keyOf, type KubeObject, type OwnerReference } from '@flotilla/machinery/object'

/** Index name: the uid of the controlling owner. */
export const byOwner = 'owner'

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

export function ownerIndex(object: KubeObject): readonly string[] {
  const owner = controllerOf(object)
  return owner === undefined ? [] : [owner.uid]
}

export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** For a watch: keys of the owners of `kind` that a change of an owned object concerns. */
export function toOwnerKeys(kind: string) {
  return function* ({
    before,
    after,
  }: {
    readonly before?: KubeObject
    readonly after?: KubeObject
  }): Iterable<string> {
    const seen = new Set<string>()
    for (const object of [before, after]) {
      const owner = object && controllerOf(object)
      if (owner?.kind !== kind || seen.has(owner.name)) continue
      seen.add(owner.name)
      const { namespace } = object?.metadata ?? {}
      yield keyOf(namespace === undefined ? { name: owner.name } : { name: owner.name, namespace })
    }
  }
}

/** For a watch: the key of the object itself. */
export function toOwnKey({ key }: { readonly key: string }): readonly string[] {
  return [key]
}
