// resourcesOverrider: changes requests and limits of a container.
import type { ResourcesOverrider } from '@flotilla/api/override-policy'
import { setPath, type JsonObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { changeContainer } from './containers.ts'

export function overrideResources(object: KubeObject, overrider: ResourcesOverrider): KubeObject {
  return changeContainer(object, overrider.containerName, (container) =>
    (['requests', 'limits'] as const).reduce((changed, field) => changeField(changed, field, overrider), container),
  )
}

function changeField(
  container: JsonObject,
  field: 'requests' | 'limits',
  { operator, value }: ResourcesOverrider,
): JsonObject {
  return Object.entries(value[field] ?? {}).reduce(
    (changed, [name, quantity]) =>
      setPath(changed, ['resources', field, name], operator === 'remove' ? undefined : quantity),
    container,
  )
}
