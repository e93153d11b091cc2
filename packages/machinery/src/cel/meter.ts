// What an evaluation costs: every call of a function pays for what it reads and what it makes. Past the budget calls
// answer with an error at once and loops end, so that an evaluation ends in the time that its budget stands for.
import { celError, isCelError, isCelList, isCelMap } from '@bufbuild/cel'
import type { CelEnv, CelResult, CelValue } from '@bufbuild/cel'
import { appendFunction } from './loops.ts'
import { textOfOpaque } from './opaque.ts'

type Functions = CelEnv['funcs']
type Group = NonNullable<ReturnType<Functions['find']>>

/** Characters that cost one step; so does one element of a list or map. */
const charactersPerStep = 16

export class Meter {
  private left = 0
  private readonly budget: number

  constructor(budget: number) {
    this.budget = budget
  }

  reset(): void {
    this.left = this.budget
  }

  get isSpent(): boolean {
    return this.left < 0
  }

  /** False once more has been paid than there was. */
  pay(steps: number): boolean {
    this.left -= steps
    return this.left >= 0
  }

  /** Pays for what a function is about to do. Throws once the budget is spent. */
  spend(steps: number): void {
    if (!this.pay(steps)) throw new Error('too expensive')
  }

  /** The steps for reading `value`, counted no further than the budget reaches. */
  weigh(value: unknown): number {
    return weight(value as CelValue, Math.max(0, this.left))
  }
}

/** Functions whose work does not grow with what their arguments hold, only with how many there are. */
const shallow = new Set(['size', '_+_', 'type', 'dyn'])
/** Functions that can make more than they are given: they pay before they work, for the most that it can be. */
const multiplying = new Set(['replace', 'join'])

/** `functions`, each with its price. */
export function meteredFunctions(functions: Functions, meter: Meter): Functions {
  const known = new Map<string, Group | undefined>()
  const find = (name: string): Group | undefined => {
    if (!known.has(name)) {
      const found = functions.find(name)
      known.set(name, found && metered(found, name, meter))
    }
    return known.get(name)
  }
  return Object.create(functions, { find: { value: find } }) as Functions
}

function metered(func: Group, name: string, meter: Meter): Group {
  const call = (id: number, target: CelValue | undefined, args: CelValue[]): CelResult | undefined => {
    const values = target === undefined ? args : [target, ...args]
    if (!meter.pay(1 + priceOf(name, values, meter))) return celError('too expensive', id)
    const result = func.call(id, target, args)
    if (result !== undefined && !isCelError(result) && name !== appendFunction) meter.pay(sizeOf(result as CelValue))
    return result
  }
  return Object.create(func, { call: { value: call } }) as Group
}

function priceOf(name: string, values: readonly CelValue[], meter: Meter): number {
  if (name === appendFunction) return 0
  if (shallow.has(name)) return sumOf(values.map(sizeOf))
  const sum = sumOf(values.map((value) => meter.weigh(value)))
  return multiplying.has(name) ? sum + values.reduce<number>((all, value) => all * (1 + sizeOf(value)), 1) : sum
}

function sumOf(steps: readonly number[]): number {
  return steps.reduce((sum, each) => sum + each, 0)
}

/** The steps for `value` itself, without what is in it. */
function sizeOf(value: CelValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length / charactersPerStep
  return isCelList(value) || isCelMap(value) ? value.size : 0
}

/** The steps for `value` and all that is in it, counted to a little past `limit`. */
function weight(value: CelValue, limit: number): number {
  let sum = sizeOf(value)
  if (textOfOpaque(value) !== undefined) return sum
  const parts = isCelList(value) ? value : isCelMap(value) ? value.values() : []
  for (const part of parts) {
    if (sum > limit) return sum
    sum += weight(part as CelValue, limit - sum)
  }
  return sum
}
