// portOverrider: changes ports of a container.
import type { PortOverrider } from '@flotilla/api/override-policy'
import type { JsonObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { changeContainer, itemsOf, withItems } from './containers.ts'
import { isSameName, mergeNamed } from './named-items.ts'

export function overridePort(object: KubeObject, { containerName, operator, value }: PortOverrider): KubeObject {
  const isSame = operator === 'add' ? isSamePort : isSameName
  return changeContainer(object, containerName, (container) =>
    withItems(
      container,
      'ports',
      mergeNamed(itemsOf(container, 'ports'), value as readonly JsonObject[], operator, isSame),
    ),
  )
}

/** There already: a port of that name, or the same number and protocol. */
function isSamePort(item: JsonObject, other: JsonObject): boolean {
  const protocolOf = (port: JsonObject) => port['protocol'] ?? 'TCP'
  const isSameNumber = item['containerPort'] === other['containerPort'] && protocolOf(item) === protocolOf(other)
  return isSameNumber || isSameName(item, other)
}
