// Required node affinity of a pod: any of its terms, of a term all expressions.
// Specification: k8s.io/api/core/v1 NodeSelector.
import { isObject } from '@flotilla/machinery/json'
import { matchesLabels, type SelectorOperator } from '@flotilla/machinery/selector'

const operators = new Map<unknown, SelectorOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
  ['Gt', '>'],
  ['Lt', '<'],
])

/** A term without expressions selects nothing; one by node fields (a node's name) counts as not matching. */
export function matchesNodeAffinity(
  affinity: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const terms = affinity['nodeSelectorTerms']
  return Array.isArray(terms) && terms.some((term) => isObject(term) && matchesTerm(term, labels))
}

function matchesTerm(term: Readonly<Record<string, unknown>>, labels: Readonly<Record<string, string>>): boolean {
  const expressions = term['matchExpressions']
  if (Array.isArray(term['matchFields']) && term['matchFields'].length > 0) return false
  if (!Array.isArray(expressions) || expressions.length === 0) return false
  return expressions.every((expression) => isObject(expression) && holds(expression, labels))
}

function holds(expression: Readonly<Record<string, unknown>>, labels: Readonly<Record<string, string>>): boolean {
  const operator = operators.get(expression['operator'])
  if (operator === undefined) return false
  const values = Array.isArray(expression['values']) ? expression['values'].map(String) : []
  return matchesLabels([{ key: String(expression['key']), operator, values }], labels)
}
