// What rules say of a copy: how well it is, whether it has run to its end, what is kept of its status. A rule that fails
// says nothing good: never healthy, never at its end.
import { healthOf, type Health } from '@flotilla/machinery/health'
import type { KubeObject } from '@flotilla/machinery/object'
import { dictAt, type Dict } from '@flotilla/machinery/untyped'
import type { KindRules } from '../interpreter/kind-rules.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'

export interface Judged {
  readonly health: Health
  readonly isFinished: boolean
  readonly status: Dict
  readonly isStatusKnown: boolean
  readonly replicas?: number
  readonly readyReplicas?: number
}

/** Only what rules speak of. */
export function judgedBy(rules: KindRules, object: KubeObject, cluster: string): Partial<Judged> {
  const runs = rules.has('completion')
  const completion = tried(() => rules.isComplete(object, cluster))
  const isComplete = completion.isKnown && completion.answer === true
  const health = healthBy(rules, object, cluster)
  const goesOn = runs && !isComplete && health.state === 'Healthy'
  return {
    health: goesOn ? { state: 'Progressing', message: health.message || 'It has not run to its end' } : health,
    ...(runs ? { isFinished: isComplete } : {}),
    ...keptBy(rules, object, cluster),
  }
}

function healthBy(rules: KindRules, object: KubeObject, cluster: string): Health {
  if (!rules.has('health')) return healthOf(object)
  return healthOf(object, () => {
    const judged = tried(() => rules.health(object, cluster))
    return judged.isKnown && judged.answer ? judged.answer : { state: 'Unknown', message: judged.failure ?? '' }
  })
}

function keptBy(rules: KindRules, object: KubeObject, cluster: string): Partial<Judged> {
  if (!rules.has('status')) return rules.has('aggregation') ? { status: dictAt(object, 'status') } : {}
  const { isKnown, answer: status = {} } = tried(() => rules.status(object, cluster))
  const { replicas, readyReplicas } = status
  return {
    status,
    isStatusKnown: isKnown,
    ...(typeof replicas === 'number' ? { replicas } : {}),
    ...(typeof readyReplicas === 'number' ? { readyReplicas } : {}),
  }
}

interface Tried<T> {
  readonly isKnown: boolean
  readonly answer?: T | undefined
  readonly failure?: string
}

function tried<T>(ask: () => T): Tried<T> {
  try {
    return { isKnown: true, answer: ask() }
  } catch (error) {
    if (error instanceof RuleFailure) return { isKnown: false, failure: error.message }
    throw error
  }
}
