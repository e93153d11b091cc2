// What one replica asks for, in the units that prices are in.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { quantityToNumber } from '@flotilla/machinery/quantity'
import { toPodRequest } from '../fit.ts'

export interface Amounts {
  readonly cpus: number
  readonly memoryGiB: number
  /** Units by resource, of those whose name has a domain. */
  readonly extended: readonly (readonly [name: string, units: number])[]
}

const gib = 2 ** 30
const none: Amounts = { cpus: 0, memoryGiB: 0, extended: [] }
const known = new WeakMap<ReplicaRequirements, Amounts>()

/** Objects are immutable, so requirements are read once however many clusters are asked. */
export function amountsOf(requirements: ReplicaRequirements | undefined): Amounts {
  if (requirements === undefined) return none
  let amounts = known.get(requirements)
  if (amounts === undefined) {
    amounts = read(requirements)
    known.set(requirements, amounts)
  }
  return amounts
}

function read(requirements: ReplicaRequirements): Amounts {
  const units = toPodRequest(requirements).map(([name, quantity]) => [name, quantityToNumber(quantity)] as const)
  const byName = new Map(units)
  return {
    cpus: byName.get('cpu') ?? 0,
    memoryGiB: (byName.get('memory') ?? 0) / gib,
    extended: units.filter(([name]) => name.includes('/')),
  }
}
