// A binding that is deleted by hand while its template lives is replaced by another of the same template, under a name
// of its own, that goes on from all that it said. The deleted one stays until the other has it. Pure.
import type { ObjectKey } from '@flotilla/machinery/object'
import { isOfGroup, replacementNameOf } from './group.ts'
import type { Binding } from './hub.ts'
import { isGroup } from './requirements.ts'

type WorkloadRef = Binding['spec']['workloads'][number]['ref']

/** Name of the binding of a template: its kind and name for people, the head of its UID to tell it from another. */
export function bindingKeyOf({ kind, namespace, name, uid }: WorkloadRef): ObjectKey {
  const readable = `${kind}-${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, 220)
  const full = `${readable}-${head(uid)}`
  return namespace === undefined ? { name: full } : { namespace, name: full }
}

/** Name of the binding that replaces `deleted`, one of the template: always the same, so that it is made once. */
export function replacementKeyOf(template: WorkloadRef, { metadata }: Binding): ObjectKey {
  const key = bindingKeyOf(template)
  return { ...key, name: `${key.name}-${head(metadata.uid ?? '')}` }
}

export interface TemplateBindings {
  /** Says what is wanted now. */
  readonly live: Binding | undefined
  /** Being deleted, and not replaced yet: what it said is to be gone on from. */
  readonly deleted: Binding | undefined
}

/** Those of `bindings` that are kept for the template; none that somebody else made for it. */
export function bindingsFor(template: WorkloadRef, bindings: readonly Binding[]): TemplateBindings {
  const own = bindings.filter((binding) => isKeptFor(template, binding))
  const names = new Set(own.map(({ metadata }) => metadata.name))
  return {
    live: own.find((binding) => !isDeleted(binding)),
    deleted: own.find((binding) => isDeleted(binding) && !names.has(replacementKeyOf(template, binding).name)),
  }
}

/** Whether the binding is replaced when it is deleted while its template lives: a policy still wants it placed. */
export function isReplaceable(binding: Binding): boolean {
  if (isGroup(binding.spec)) return binding.spec.policy !== undefined
  const [workload] = binding.spec.workloads
  return binding.spec.policy !== undefined && workload !== undefined && isKeptFor(workload.ref, binding)
}

function isKeptFor(template: WorkloadRef, { metadata, spec }: Binding): boolean {
  const isOfIt = spec.workloads.some(({ ref }) => ref.uid === template.uid)
  return isOfIt && metadata.name.startsWith(bindingKeyOf(template).name)
}

/** Of a group by that name. */
export function bindingsOfGroup(name: string, bindings: readonly Binding[]): TemplateBindings {
  const own = bindings.filter((binding) => isOfGroup(binding, name))
  const names = new Set(own.map(({ metadata }) => metadata.name))
  return {
    live: own.find((binding) => !isDeleted(binding)),
    deleted: own.find((binding) => isDeleted(binding) && !names.has(replacementNameOf(name, binding))),
  }
}

function isDeleted({ metadata }: Binding): boolean {
  return metadata.deletionTimestamp !== undefined
}

function head(uid: string): string {
  return uid.slice(0, 8)
}
