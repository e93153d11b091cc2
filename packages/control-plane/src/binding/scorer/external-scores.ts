// What external scorers say: asked once for each decision, known for a while. Nobody waits for an answer; whoever asked is
// told when it has come.
import { systemNamespace } from '@flotilla/api/group'
import {
  defaultScorerTimeoutSeconds,
  defaultScorerValidForSeconds,
  scorerSecretType,
  type Scorer,
} from '@flotilla/api/scorer'
import { FlotillaError } from '@flotilla/machinery/errors'
import { asDict } from '@flotilla/machinery/untyped'
import type { Env } from '@flotilla/runtime/env'
import type { Change, Source } from '@flotilla/runtime/source'
import { clustersToScore } from '@flotilla/scheduler/cost/clusters-to-score'
import type { Scores } from '@flotilla/scheduler/cost/scores'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { ClusterRow, Snapshot } from '@flotilla/scheduler/snapshot'
import type { Hub } from '../../hub.ts'
import type { CallScorer, ScorerReply } from './call-scorer.ts'
import { Line, type Outcome } from './line.ts'
import { type Answer, mostAnswerBytes, questionText, readAnswer } from './protocol.ts'

/** What one binding was told last. */
interface Entry {
  /** Names scorer and workload: another one makes all of this void. */
  readonly question: string
  /** None: it is being asked. */
  readonly scores?: Scores
  /** Ids by name of the clusters that it was asked about. */
  readonly clusters: ReadonlyMap<string, string>
  /** Until then it counts; monotonic milliseconds. */
  readonly until: number
  /** Failures in a row. */
  readonly failures: number
}

/** Of the last question to a scorer. */
export interface Standing {
  readonly isAnswering: boolean
  readonly message: string
}

export interface ExternalScoresDeps {
  readonly env: Env
  readonly hub: Pick<Hub, 'scorers' | 'credentials'>
  readonly callScorer: CallScorer
}

const shortestRetryMs = 5_000
const longestRetryMs = 300_000

export class ExternalScores {
  readonly #deps: ExternalScoresDeps
  /** By key of binding. */
  readonly #entries = new Map<string, Entry>()
  /** By name of scorer. */
  readonly #lines = new Map<string, Line<Answer>>()
  readonly #standings = new Map<string, Standing>()
  readonly #answered = new Set<(change: Change<undefined>) => void>()
  readonly #stood = new Set<(change: Change<undefined>) => void>()

  constructor(deps: ExternalScoresDeps) {
    this.#deps = deps
  }

  /** Keys of bindings whose question has been answered, or has failed. */
  readonly answers: Source<undefined> = sourceOf(this.#answered)
  /** Names of scorers that answer again, or no longer. */
  readonly changes: Source<undefined> = sourceOf(this.#stood)

  standing(scorer: string): Standing | undefined {
    return this.#standings.get(scorer)
  }

  /**
   * What the scorer that the placement names says of all clusters that may be used; undefined: it is being asked, and
   * `answers` tells when to come again.
   */
  scoresFor(key: string, request: ScheduleRequest, snapshot: Snapshot): Scores | undefined {
    const name = request.placement.objective?.external?.scorer ?? ''
    const scorer = this.#deps.hub.scorers.get(name)
    if (scorer === undefined) return failed(name, 'there is no such Scorer')
    const question = nameQuestion(scorer, request)
    const clusters = clustersToScore(request, snapshot)
    const entry = this.#entries.get(key)
    const isAsked = entry?.question === question
    if (isAsked && entry.scores === undefined) return undefined
    const now = this.#deps.env.clock.monotonic()
    if (isAsked && now < entry.until && covers(entry, clusters)) return entry.scores
    this.#ask(key, scorer, question, request, clusters, isAsked ? entry.failures : 0)
    // While it is down that is known at once.
    return this.#entries.get(key)?.scores
  }

  /** Milliseconds after which a failed question may be put again. */
  retryAfterMs(key: string): number {
    const { until = 0 } = this.#entries.get(key) ?? {}
    return Math.max(shortestRetryMs, until - this.#deps.env.clock.monotonic())
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  #ask(
    key: string,
    scorer: Scorer,
    question: string,
    request: ScheduleRequest,
    clusters: readonly ClusterRow[],
    failures: number,
  ): void {
    const { name } = scorer.metadata
    const ids = new Map(clusters.map((cluster) => [cluster.name, cluster.id]))
    this.#entries.set(key, { question, clusters: ids, until: 0, failures })
    const asked = [...ids.keys()]
    let isAtOnce = true
    this.#lineOf(name).ask(
      () => this.#call(scorer, questionText(request, clusters), asked),
      (outcome) => {
        this.#stand(name, outcome)
        // It may have been asked anew, or be gone.
        if (this.#entries.get(key)?.question !== question) return
        this.#entries.set(key, { question, clusters: ids, ...this.#toKnown(scorer, outcome, failures) })
        if (!isAtOnce) for (const listener of this.#answered) listener({ key })
      },
    )
    isAtOnce = false
  }

  #toKnown(scorer: Scorer, outcome: Outcome<Answer>, failures: number): Pick<Entry, 'scores' | 'until' | 'failures'> {
    const { name } = scorer.metadata
    const now = this.#deps.env.clock.monotonic()
    if ('result' in outcome) {
      const validMs = (scorer.spec.validForSeconds ?? defaultScorerValidForSeconds) * 1000
      return { scores: { scorer: name, ...outcome.result }, until: now + validMs, failures: 0 }
    }
    const retryMs = Math.min(longestRetryMs, shortestRetryMs * 2 ** Math.min(16, failures))
    const until = now + Math.max(retryMs, this.#lineOf(name).pauseMs)
    return { scores: failed(name, outcome.failure), until, failures: failures + 1 }
  }

  async #call(scorer: Scorer, body: string, asked: readonly string[]): Promise<Outcome<Answer>> {
    const seconds = scorer.spec.timeoutSeconds ?? defaultScorerTimeoutSeconds
    const late = new AbortController()
    const tooLate = Promise.withResolvers<never>()
    const timer = this.#deps.env.timers.after(seconds * 1000, () => {
      tooLate.reject(new FlotillaError('Timeout', `it did not answer within ${seconds} s`))
      late.abort()
    })
    try {
      const call = { ...this.#accessOf(scorer), body, mostAnswerBytes, signal: late.signal }
      const reply = await Promise.race([this.#deps.callScorer(call), tooLate.promise])
      return fromReply(reply, asked)
    } catch (error) {
      return { failure: error instanceof Error ? error.message : 'it could not be asked', isDown: true }
    } finally {
      timer.cancel()
    }
  }

  /** Throws Invalid naming the field or the Secret that cannot be used. */
  #accessOf({ spec: { url, caBundle, secretRef } }: Scorer) {
    const ca = caBundle === undefined ? {} : { ca: decode(caBundle) }
    return secretRef === undefined ? { url, ...ca } : { url, ...ca, token: this.#tokenIn(secretRef.name) }
  }

  #tokenIn(name: string): string {
    const key = `${systemNamespace}/${name}`
    const secret = this.#deps.hub.credentials.get(key)
    if (secret === undefined) throw new FlotillaError('Invalid', `its Secret ${key} is missing`)
    if (secret['type'] !== scorerSecretType) {
      throw new FlotillaError('Invalid', `its Secret ${key} is not of type ${scorerSecretType}`)
    }
    const { token } = asDict(secret['data'])
    if (typeof token !== 'string') throw new FlotillaError('Invalid', `its Secret ${key} has no key token`)
    return decode(token).trim()
  }

  #lineOf(scorer: string): Line<Answer> {
    let line = this.#lines.get(scorer)
    if (line === undefined) this.#lines.set(scorer, (line = new Line(this.#deps.env)))
    return line
  }

  #stand(scorer: string, outcome: Outcome<Answer>): void {
    const standing = 'result' in outcome ? answering : { isAnswering: false, message: outcome.failure }
    if (this.#standings.get(scorer)?.message === standing.message) return
    this.#standings.set(scorer, standing)
    for (const listener of this.#stood) listener({ key: scorer })
  }
}

const answering: Standing = { isAnswering: true, message: '' }

function failed(scorer: string, why: string): Scores {
  return { scorer, costs: new Map(), refusals: new Map(), failure: `Scorer ${scorer}: ${why}` }
}

function nameQuestion({ metadata, spec }: Scorer, request: ScheduleRequest): string {
  const { apiVersion, kind, namespace, name, replicas, requirements } = request
  return JSON.stringify([metadata.uid, spec, apiVersion, kind, namespace, name, replicas, requirements])
}

function covers({ clusters, scores }: Entry, asked: readonly ClusterRow[]): boolean {
  return scores?.failure !== undefined || asked.every(({ name, id }) => clusters.get(name) === id)
}

/** What it answers to one question says nothing about others; that it cannot serve does. */
function fromReply({ status, body }: ScorerReply, asked: readonly string[]): Outcome<Answer> {
  if (status >= 300 && status < 400) {
    return { failure: `it answered with status ${status}: redirects are not followed`, isDown: true }
  }
  if (status !== 200) {
    const isDown = status >= 500 || status === 429 || status === 401 || status === 403
    return { failure: `it answered with status ${status}`, isDown }
  }
  try {
    return { result: readAnswer(body, asked) }
  } catch (error) {
    if (error instanceof FlotillaError) return { failure: error.message, isDown: false }
    throw error
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function sourceOf(listeners: Set<(change: Change<undefined>) => void>): Source<undefined> {
  return {
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    synced: () => Promise.resolve(),
    hasSynced: true,
  }
}
