// What rules of Interpreters answer, in the order in which people read it.

export const interpreterOperations = [
  'replicas',
  'revise',
  'requirement',
  'components',
  'dependencies',
  'retain',
  'health',
  'completion',
  'status',
  'aggregation',
] as const

export type InterpreterOperation = (typeof interpreterOperations)[number]
