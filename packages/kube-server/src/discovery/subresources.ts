// The subresources of a resource with their kinds and verbs, as discovery lists them and as requests may use them.
import { builtinResources, type BuiltinSubresource } from '@flotilla/machinery/builtin-kinds'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { ServedResource } from '../served-resource.ts'

export type Subresource = Pick<BuiltinSubresource, 'name' | 'group' | 'version' | 'kind' | 'verbs'>

const subresources = new Map(
  builtinResources().map((one) => [`${apiVersionOf(one)}/${one.plural}`, one.subresources] as const),
)

export function subresourcesOf(resource: ServedResource): readonly Subresource[] {
  const builtin = subresources.get(`${apiVersionOf(resource)}/${resource.plural}`)
  if (builtin !== undefined && !resource.isCustom) {
    return builtin.filter(({ name }) => resource.subresources.includes(name))
  }
  const verbs = ['get', 'patch', 'update']
  return resource.subresources.map((name) =>
    name === 'scale'
      ? { name, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs }
      : { name, group: resource.group, version: resource.version, kind: resource.kind, verbs },
  )
}
