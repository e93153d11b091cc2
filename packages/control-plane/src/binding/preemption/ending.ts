// How a preemption that has been recorded ends. Pure.
import type { Preemption } from '@flotilla/api/preemption'
import type { Binding } from '../../hub.ts'
import { growingOn } from '../scheduler/reservations.ts'
import { isAllowed, priorityOf } from './consent.ts'

type Outcome = NonNullable<Preemption['outcome']>

/** What has not taken the room after so long, will not. */
const patienceMs = 600_000
/** After a preemption that did not help, nobody gives way for it, or there, for so long. */
const holdOffMs = 3_600_000

export interface Circumstances {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly isStopped: boolean
  /** Whether the cluster can be used. */
  readonly isThere: boolean
  /** Bindings of a template. */
  readonly bindingsOf: (ref: Preemption['victims'][number]['ref']) => readonly Binding[]
}

/** Undefined: it goes on. */
export function outcomeOf(binding: Binding, record: Preemption, circumstances: Circumstances): Outcome | undefined {
  const { now, isStopped, isThere } = circumstances
  const { decision } = binding.spec
  const held = decision?.clusters.find(({ id }) => id === record.id)?.replicas ?? 0
  const growing = growingOn(binding, decision).get(record.id)?.growing ?? 0
  const isOver = now - Date.parse(record.since) >= patienceMs
  if (held >= record.replicas && (growing === 0 || isOver)) return 'Taken'
  const isWanted = (decision?.shortfall?.missingReplicas ?? 0) > 0 || held >= record.replicas
  if (isStopped || !isThere || !isWanted || !isAllowed(binding) || isRivalled(binding, record, circumstances)) {
    return 'Withdrawn'
  }
  return isOver ? 'NotTaken' : undefined
}

/** One of those that give way is no longer less important. */
function isRivalled(binding: Binding, { victims }: Preemption, { bindingsOf }: Circumstances): boolean {
  const isRival = (other: Binding) => priorityOf(other) >= priorityOf(binding)
  return victims.some(({ ref }) =>
    bindingsOf(ref).some((other) => other.spec.workloads[0]?.ref.uid === ref.uid && isRival(other)),
  )
}

/** Whether it is too early for another attempt after that one. */
export function isHeldOff({ ended, outcome }: Preemption, now: number): boolean {
  return outcome === 'NotTaken' && ended !== undefined && now - Date.parse(ended) < holdOffMs
}
