// Expressions in CEL, the language of Kubernetes' own rules: compiled once, evaluated at a bounded cost. The engine is
// `@bufbuild/cel`; `program.ts` loads it.
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import type { CelEnv, CelFunc, CelInput } from '@bufbuild/cel'
import { FlotillaError } from '../errors.ts'
import { checkNames } from './check-names.ts'
import { cidrFunctions } from './functions/cidr.ts'
import { formatFunctions } from './functions/format.ts'
import { ipFunctions } from './functions/ip.ts'
import { jsonFunction } from './functions/json-function.ts'
import { listFunctions } from './functions/lists.ts'
import { optionalFunctions } from './functions/optional.ts'
import { orderFunctions } from './functions/order.ts'
import { quantityFunctions } from './functions/quantity.ts'
import { regexFunctions } from './functions/regex.ts'
import { semverFunctions } from './functions/semver.ts'
import { setFunctions } from './functions/sets.ts'
import { urlFunctions } from './functions/url.ts'
import { loopFunctions, rewriteLoops } from './loops.ts'
import { Meter, meteredFunctions } from './meter.ts'
import type { Cel, CelOptions, Program } from './program.ts'
import { fromCel, toCel } from './values.ts'

/** Longest source, in UTF-16 units: Kubernetes' limit for a rule is of the same size. */
const maximumSource = 10_000
/** Default cost of one evaluation, about one unit for each part of the expression that is evaluated. */
const defaultBudget = 200_000

const library: readonly CelFunc[] = [
  ...strings,
  ...cidrFunctions,
  ...formatFunctions,
  ...ipFunctions,
  ...listFunctions,
  ...optionalFunctions,
  ...orderFunctions,
  ...quantityFunctions,
  ...semverFunctions,
  ...setFunctions,
  ...urlFunctions,
]

export const cel: Cel = { compile }

function compile(source: string, options: CelOptions): Program {
  const { variables, functions = {}, budget = defaultBudget } = options
  if (source.length > maximumSource) {
    throw invalid(source, `it has ${source.length} characters, and ${maximumSource} is the most`)
  }
  const meter = new Meter(budget)
  const own = Object.entries(functions).map(([name, call]) => jsonFunction(name, call))
  const bounded = [...regexFunctions(meter), ...loopFunctions((steps) => meter.pay(steps))]
  const env = meteredEnv(celEnv({ funcs: [...library, ...own, ...bounded] }), meter)
  const evaluate = planned(source, env, new Set(variables))
  return {
    source,
    evaluate(bindings) {
      meter.reset()
      const values = Object.fromEntries(variables.map((name) => [name, converted(bindings[name] ?? null)]))
      const result = evaluate(values as Record<string, CelInput>)
      if (meter.isSpent) throw invalid(source, `it costs more than ${budget} steps on this object`)
      if (isCelError(result)) throw invalid(source, result.message)
      return fromCel(result)
    },
  }
}

/** Several rules are asked about one object in a row, and converting it costs more than most of them. */
let last: { readonly value: unknown; readonly cel: CelInput } | undefined

/** Objects are never changed, so the same one converts to the same. */
function converted(value: unknown): CelInput {
  if (typeof value !== 'object' || value === null) return toCel(value)
  if (last?.value !== value) last = { value, cel: toCel(value) }
  return last.cel
}

function planned(source: string, env: CelEnv, variables: ReadonlySet<string>) {
  try {
    const parsed = parse(source)
    if (!parsed.expr) throw new Error('it is empty')
    checkNames(parsed.expr, variables, (name) => env.funcs.find(name) !== undefined)
    rewriteLoops(parsed.expr)
    return plan(env, parsed)
  } catch (error) {
    const isTooDeep = error instanceof RangeError
    throw invalid(source, isTooDeep ? 'it is nested too deeply' : messageOf(error))
  }
}

/** `plan` asks the environment for functions by name: here each comes with its price. */
function meteredEnv(env: CelEnv, meter: Meter): CelEnv {
  return Object.create(env, { funcs: { value: meteredFunctions(env.funcs, meter) } }) as CelEnv
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function invalid(source: string, reason: string): FlotillaError {
  const shown = source.length > 80 ? `${source.slice(0, 79)}…` : source
  return new FlotillaError('Invalid', `Cannot evaluate CEL "${shown}": ${reason}`)
}
