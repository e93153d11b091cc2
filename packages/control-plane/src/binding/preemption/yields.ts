// Who gives way to whom, and where room is kept for somebody, as the bindings of the hub say.
import type { Preemption } from '@flotilla/api/preemption'
import { deepEqual } from '@flotilla/machinery/json'
import { gaveWayTo, type Yield } from '@flotilla/scheduler/request'
import type { Binding } from '../../hub.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'
import { isAllowed, nameOf, priorityOf } from './consent.ts'

interface Claim {
  readonly record: Preemption
  readonly isOpen: boolean
  readonly priority: number
  readonly name: string
}

export class Yields {
  /** By key of the preemptor's binding. */
  readonly #claims = new Map<string, Claim>()
  readonly #open = new Map<string, Claim>()
  /** By template of a victim: keys of those that it gives or gave way to. */
  readonly #byVictim = new Map<ObjectId, Set<string>>()

  /** Takes in what a binding says now; undefined: it is gone. Templates that give way otherwise by it. */
  follow(key: string, binding: Binding | undefined): readonly ObjectId[] {
    const [before, after] = [this.#claims.get(key), binding && claimOf(binding)]
    if (before === after || deepEqual(before, after)) return []
    for (const id of victimsOf(before)) this.#drop(id, key)
    this.#claims.delete(key)
    this.#open.delete(key)
    if (after) this.#claims.set(key, after)
    if (after?.isOpen) this.#open.set(key, after)
    for (const id of victimsOf(after)) this.#byVictim.set(id, (this.#byVictim.get(id) ?? new Set()).add(key))
    return [...new Set([...victimsOf(before), ...victimsOf(after)])]
  }

  /** By cluster id, what the binding of that key gives up or must leave; undefined: nothing. */
  of(key: string, binding: Binding): ReadonlyMap<string, Yield> | undefined {
    const yields = new Map<string, Yield>()
    for (const [other, { record, priority, name }] of this.#open) {
      if (other === key || priority < priorityOf(binding)) continue
      yields.set(record.id, { message: `its room is kept for ${name}` })
    }
    const ref = binding.spec.workloads[0]?.ref
    for (const other of (ref && this.#byVictim.get(objectIdOf(ref))) ?? []) {
      const claim = this.#claims.get(other)
      const victim = claim?.record.victims.find((each) => each.ref.uid === ref?.uid)
      if (claim && victim) note(yields, claim, victim, priorityOf(binding))
    }
    return yields.size === 0 ? undefined : yields
  }

  #drop(id: ObjectId, key: string): void {
    const keys = this.#byVictim.get(id)
    keys?.delete(key)
    if (keys?.size === 0) this.#byVictim.delete(id)
  }
}

function claimOf(binding: Binding): Claim | undefined {
  const { preemption: record } = binding.spec
  if (record === undefined) return undefined
  const isOpen = record.ended === undefined && isAllowed(binding)
  return { record, isOpen, priority: priorityOf(binding), name: nameOf(binding) }
}

function victimsOf(claim: Claim | undefined): readonly ObjectId[] {
  return claim?.record.victims.map(({ ref }) => objectIdOf(ref)) ?? []
}

/** What is over stays to be told of where nothing that is open says more. */
function note(
  yields: Map<string, Yield>,
  { record, isOpen, priority, name }: Claim,
  { replicas, left }: Preemption['victims'][number],
  ownPriority: number,
): void {
  const message = gaveWayTo(name, replicas)
  if (isOpen && priority > ownPriority) yields.set(record.id, { most: left, message })
  else if (record.outcome === 'Taken' && !yields.has(record.id)) yields.set(record.id, { isOver: true, message })
}
