// envOverrider: changes environment variables of a container.
import type { EnvOverrider } from '@flotilla/api/override-policy'
import type { JsonObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { changeContainer, itemsOf, withItems } from './containers.ts'
import { mergeNamed } from './named-items.ts'
import { resolveValue, type Variables } from './variables.ts'

export function overrideEnv(
  object: KubeObject,
  { containerName, operator, value }: EnvOverrider,
  variables: Variables,
): KubeObject {
  const wanted = resolveValue(value, variables) as readonly JsonObject[]
  return changeContainer(object, containerName, (container) =>
    withItems(container, 'env', mergeNamed(itemsOf(container, 'env'), wanted, operator)),
  )
}
