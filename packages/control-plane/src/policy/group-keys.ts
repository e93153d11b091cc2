// From templates to the groups that they are in, or are to be in. A key is NAMESPACE/NAME of the group.
import { groupAnnotation, groupNameOf } from '../group.ts'
import type { Binding, Hub } from '../hub.ts'
import type { ObjectId } from '../object-id.ts'
import { isGroup } from '../requirements.ts'
import { policyRef } from './match.ts'
import type { Reader } from './reader.ts'

export interface GroupKey {
  readonly name: string
  /** None: of cluster-scoped templates. */
  readonly namespace: string | undefined
}

export function parseGroupKey(key: string): GroupKey {
  const slash = key.indexOf('/')
  const namespace = key.slice(0, slash)
  return { name: key.slice(slash + 1), namespace: namespace === '' ? undefined : namespace }
}

/** Those that name one of the templates, and those whose policy wins it now. */
export function* groupKeysOf(hub: Hub, reader: Reader, templates: Iterable<ObjectId>): Iterable<string> {
  for (const id of templates) {
    for (const binding of hub.bindingsOf(id)) {
      const name = binding.metadata.annotations?.[groupAnnotation]
      if (name !== undefined && isGroup(binding.spec)) yield `${binding.metadata.namespace ?? ''}/${name}`
    }
    const template = hub.templates.byId(id)
    const winner = template && reader.verdictOn(template).winner
    if (winner?.spec.schedulingUnit !== 'Together') continue
    yield `${template?.metadata.namespace ?? ''}/${groupNameOf(policyRef(winner))}`
  }
}

/** Where bindings of a group are. */
export function bindingsBeside(hub: Hub, { name, namespace }: GroupKey): readonly Binding[] {
  const bindings: readonly Binding[] =
    namespace === undefined ? hub.clusterBindings.byIndex('group', name) : hub.bindings.byIndex('group', name)
  return bindings.filter(({ metadata }) => metadata.namespace === namespace)
}
