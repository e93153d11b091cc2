// What rules say of a copy: how well it is, whether it has run to its end, what is kept of its status. A rule that fails
// says nothing good: never healthy, never at its end.
import { healthOf, type Health } from '@flotilla/machinery/health'
import type { KubeObject } from '@flotilla/machinery/object'
import { dictAt, valueAt } from '@flotilla/machinery/untyped'
import type { KindRules } from '../interpreter/kind-rules.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { Row } from './row.ts'

export type Judged = Pick<
  Row,
  'health' | 'isUp' | 'isFinished' | 'status' | 'isStatusKnown' | 'replicas' | 'readyReplicas'
>

/** `before`: what the hub says of the copy without rules, which holds where they are silent. */
export function judgedBy(rules: KindRules, object: KubeObject, cluster: string, before: Judged): Judged {
  const runsToEnd = rules.has('completion')
  const isFinished = runsToEnd ? tried(() => rules.isComplete(object, cluster)).answer === true : before.isFinished
  const told = healthBy(rules, object, cluster, before)
  const goesOn = runsToEnd && !isFinished && told.state === 'Healthy'
  const health: Health = goesOn ? { state: 'Progressing', message: told.message || 'It has not run to its end' } : told
  const runs = runsToEnd ? health.state === 'Progressing' : before.isUp && !rules.has('health')
  const isUp = isWell(health) || runs
  const kept = keptBy(rules, object, cluster, before)
  return { ...kept, ...countsBy(rules, object, cluster, isUp, kept), health, isFinished, isUp }
}

/** What is meant not to run lacks nothing. */
export function isWell({ state }: Health): boolean {
  return state === 'Healthy' || state === 'Suspended'
}

function healthBy(rules: KindRules, object: KubeObject, cluster: string, before: Judged): Health {
  if (!rules.has('health')) return before.health
  return healthOf(object, () => {
    const { answer, failure = '' } = tried(() => rules.health(object, cluster))
    return answer ?? { state: 'Unknown', message: failure }
  })
}

type Kept = Pick<Judged, 'status' | 'isStatusKnown' | 'replicas' | 'readyReplicas'>

function keptBy(rules: KindRules, object: KubeObject, cluster: string, before: Judged): Kept {
  if (!rules.has('status')) return rules.has('aggregation') ? { ...before, status: dictAt(object, 'status') } : before
  const { answer: status = {}, failure } = tried(() => rules.status(object, cluster))
  const { replicas, readyReplicas } = status
  return {
    status,
    isStatusKnown: failure === undefined,
    replicas: typeof replicas === 'number' ? replicas : before.replicas,
    readyReplicas: typeof readyReplicas === 'number' ? readyReplicas : before.readyReplicas,
  }
}

/** Where nothing counts replicas that are ready, all are while the copy is up: those that it is to have. */
function countsBy(
  rules: KindRules,
  object: KubeObject,
  cluster: string,
  isUp: boolean,
  { status, replicas, readyReplicas }: Kept,
): Pick<Judged, 'replicas' | 'readyReplicas'> {
  const isCounted = [status['readyReplicas'], valueAt(object, 'status', 'readyReplicas')].some(
    (each) => typeof each === 'number',
  )
  if (isCounted || !rules.has('replicas')) return { replicas, readyReplicas }
  const wanted = tried(() => rules.replicas(object, cluster)).answer ?? 0
  return { replicas: wanted, readyReplicas: isUp ? wanted : 0 }
}

interface Tried<T> {
  readonly answer?: T | undefined
  readonly failure?: string
}

function tried<T>(ask: () => T): Tried<T> {
  try {
    return { answer: ask() }
  } catch (error) {
    if (error instanceof RuleFailure) return { failure: error.message }
    throw error
  }
}
