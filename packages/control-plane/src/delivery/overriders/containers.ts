// Changes containers of an object's pod template, in place of the object's own shape.
import { getPath, isObject, setPath, type JsonObject, type PathStep } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { kindIdOf } from '../../object-id.ts'
import { podPathOf } from '../../pod-path.ts'

const containerFields = ['initContainers', 'containers']

export interface PlacedContainer {
  readonly path: readonly PathStep[]
  readonly container: JsonObject
}

/** Init containers first, then containers; none for kinds that run no pods. */
export function containersOf(object: KubeObject): readonly PlacedContainer[] {
  const pod = podPathOf(kindIdOf(object))
  if (pod === undefined) return []
  return containerFields.flatMap((field) => {
    const path = [...pod, 'spec', field]
    const items = getPath(object, path)
    return Array.isArray(items)
      ? items.flatMap((container, index) => (isObject(container) ? [{ path: [...path, index], container }] : []))
      : []
  })
}

/** `object` with `change` done to its container (or init container) of that name; the same object without one. */
export function changeContainer(
  object: KubeObject,
  name: string,
  change: (container: JsonObject) => JsonObject,
): KubeObject {
  return containersOf(object)
    .filter(({ container }) => container['name'] === name)
    .reduce((changed, { path, container }) => setPath(changed, path, change(container)), object)
}

/** `container` with `items` as its list `field`; without the field when there are none. */
export function withItems(container: JsonObject, field: string, items: readonly unknown[]): JsonObject {
  return setPath(container, [field], items.length === 0 ? undefined : items)
}

export function itemsOf(container: JsonObject, field: string): readonly JsonObject[] {
  const items = container[field]
  return Array.isArray(items) ? items.filter(isObject) : []
}
