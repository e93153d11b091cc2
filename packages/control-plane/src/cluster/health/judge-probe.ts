// What a probe's outcome makes of a member's conditions. Pure: the controller probes and writes.
import type { FlotillaError } from '@flotilla/machinery/errors'

export interface HealthOptions {
  /** Misses in a row after which the member counts as not reachable. */
  readonly missesUntilUnknown: number
  /** Milliseconds without an answer after which it is not Ready. */
  readonly notReadyAfterMs: number
}

export const defaultHealthOptions: HealthOptions = { missesUntilUnknown: 3, notReadyAfterMs: 30_000 }

/** Between probes of one member. */
export interface HealthState {
  readonly misses: number
  /** `env.clock.now()` of the last answer, or of the first probe when there never was one. */
  readonly lastAnswer: number
}

export type ProbeResult =
  | {
      readonly kind: 'answered'
      readonly id: string
      readonly version: string
      readonly latencyMs: number
      /** What a probe waits for, if the answer took longer. */
      readonly slowerThanMs?: number
    }
  | { readonly kind: 'failed'; readonly error: FlotillaError }

export interface ConditionValue {
  readonly type: 'Reachable' | 'Authorized' | 'Ready' | 'CredentialsExpireSoon'
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export interface HealthVerdict {
  readonly state: HealthState
  /** Conditions to set; one that is missing stays as it is. */
  readonly conditions: readonly ConditionValue[]
}

/** What to make of `result` for the member registered as `name` with identity `id`. */
export function judgeProbe(
  member: { readonly name: string; readonly id: string },
  state: HealthState,
  result: ProbeResult,
  now: number,
  options: HealthOptions = defaultHealthOptions,
): HealthVerdict {
  if (result.kind === 'answered') return judgeAnswer(member, result, now)
  if (result.error.code === 'Unauthenticated' || result.error.code === 'Forbidden') {
    return judgeRefusal(member, result.error, now)
  }
  return judgeMiss(member, state, result.error, now, options)
}

function judgeAnswer(
  member: { readonly name: string; readonly id: string },
  answer: Extract<ProbeResult, { kind: 'answered' }>,
  now: number,
): HealthVerdict {
  const state = { misses: 0, lastAnswer: now }
  const { slowerThanMs } = answer
  const reachable = [
    slowerThanMs === undefined
      ? condition('Reachable', 'True', 'Answered', `The API server answers (${answer.version})`)
      : condition('Reachable', 'True', 'Slow', slowText(member.name, answer.version, slowerThanMs)),
    condition('Authorized', 'True', 'Accepted', 'The API server accepts our credentials'),
  ]
  if (answer.id === member.id) {
    return { state, conditions: [...reachable, condition('Ready', 'True', 'Healthy', 'The member can be used')] }
  }
  const message =
    `Cannot use cluster ${member.name}: it was registered as ${member.id} and another cluster, ${answer.id}, ` +
    `answers at its address. Nothing is written to it. Next: flotilla unjoin ${member.name} --force, then join the new one`
  return { state, conditions: [...reachable, condition('Ready', 'False', 'IdentityChanged', message)] }
}

/** Without how long it took, which would be written with every probe. */
function slowText(name: string, version: string, slowerThanMs: number): string {
  const late = `The API server (${version}) takes longer than ${slowerThanMs / 1000} s to answer`
  return `${late}: what is stated to cluster ${name} arrives late. Next: look at its load, and at the network to it`
}

function judgeRefusal(member: { readonly name: string }, error: FlotillaError, now: number): HealthVerdict {
  const hop = error.code === 'Unauthenticated' ? 'authenticate' : 'authorize'
  const message = `Cannot ${hop} to cluster ${member.name}: ${error.message}. Next: flotilla join ${member.name} --cluster-kubeconfig FILE to renew its credentials`
  const reason = error.code === 'Unauthenticated' ? 'CredentialsRefused' : 'RightsMissing'
  return {
    state: { misses: 0, lastAnswer: now },
    conditions: [
      condition('Reachable', 'True', 'Answered', 'The API server answers'),
      condition('Authorized', 'False', reason, message),
      condition('Ready', 'False', reason, message),
    ],
  }
}

function judgeMiss(
  member: { readonly name: string },
  before: HealthState,
  error: FlotillaError,
  now: number,
  options: HealthOptions,
): HealthVerdict {
  const state = { misses: before.misses + 1, lastAnswer: before.lastAnswer }
  const hop = error.details.hop ?? 'connect'
  // The time is the last answer's: a text that changed with every miss would be written with every miss.
  const since = new Date(state.lastAnswer).toISOString()
  const message = `Cannot reach cluster ${member.name} (${hop}) since ${since}: ${error.message}. Next: flotilla doctor cluster ${member.name}`
  const conditions: ConditionValue[] = []
  if (state.misses >= options.missesUntilUnknown) {
    conditions.push(condition('Reachable', 'Unknown', 'NoAnswer', message))
    conditions.push(condition('Authorized', 'Unknown', 'NoAnswer', message))
  }
  if (now - state.lastAnswer >= options.notReadyAfterMs) {
    conditions.push(condition('Ready', 'False', 'Unreachable', message))
  }
  return { state, conditions }
}

function condition(
  type: ConditionValue['type'],
  status: ConditionValue['status'],
  reason: string,
  message: string,
): ConditionValue {
  return { type, status, reason, message }
}
