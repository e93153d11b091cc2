// The CEL of Interpreters: what each rule may name and cost, and whether it compiles.
import { compileCel, type Program } from '@flotilla/machinery/cel/program'
import { asDict } from '@flotilla/machinery/untyped'
import type { InterpreterOperation } from './interpreter-operations.ts'

/** In steps: about 10 ms at worst for a rule over one object, and 100 ms for one over all of its copies. */
const budget = 20_000
const aggregationBudget = 200_000

const variables: Partial<Record<InterpreterOperation, readonly string[]>> = {
  revise: ['object', 'replicas'],
  aggregation: ['object', 'copies', 'observed'],
}

/** Fields of the second map and those after it replace fields of the first. */
function merge(maps: unknown): unknown {
  if (!Array.isArray(maps)) throw new Error('merge() takes a list of maps')
  return Object.assign({}, ...maps.map(asDict)) as unknown
}

/** Of each field the sum over all maps; what is no number counts nothing. */
function sums(maps: unknown, fields: unknown): unknown {
  if (!Array.isArray(maps) || !Array.isArray(fields))
    throw new Error('sums() takes a list of maps and a list of fields')
  const dicts = maps.map(asDict)
  return Object.fromEntries(fields.map((field) => [field, dicts.reduce((sum, each) => sum + count(each[field]), 0)]))
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** Throws Invalid where it does not compile, CelLoading until the engine is loaded. */
export function compileRule(operation: InterpreterOperation, expression: string): Program {
  return compileCel(expression, {
    variables: variables[operation] ?? ['object'],
    functions: { merge, sums },
    budget: operation === 'aggregation' ? aggregationBudget : budget,
  })
}
