// Tells people what happened, as Events that `kubectl describe` shows: best effort. Nobody waits for it, nothing depends on it.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { events } from '@flotilla/machinery/well-known-resources'
import type { Env } from './env.ts'
import { timestamp } from './timestamp.ts'

/** What an Event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly uid?: string | undefined
}

export interface Happening {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, e.g. `FailedOver`. */
  readonly reason: string
  /** For people; cut at 1,024 characters. */
  readonly message: string
}

export interface EventRecorderOptions {
  readonly env: Env
  readonly api: KubeApi
  /** Who says it, e.g. `flotilla`. */
  readonly component: string
}

/** The same happening within this time is one Event with a count. */
const togetherMs = 600_000
/** Writes: so many at once, and so many a second for long. What is more is not told. */
const [burst, perSecond] = [50, 5]
const mostKnown = 1_000
const longest = 1_024

const droppedMetric = { name: 'flotilla_events_dropped_total', help: 'Kubernetes Events that were not written.' }

interface Known {
  readonly namespace: string
  readonly name: string
  readonly count: number
  /** Monotonic ms. */
  readonly at: number
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  /** By what they say, the latest last. */
  readonly #known = new Map<string, Known>()
  #left = burst
  #refilledAt: number

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#refilledAt = options.env.clock.monotonic()
  }

  /** Returns at once, and never throws. */
  record(subject: EventSubject, happening: Happening): void {
    const { env, component } = this.#options
    if (!this.#take()) return env.metrics.counter(droppedMetric).add()
    this.#write(subject, { ...happening, message: happening.message.slice(0, longest) }).catch((error: unknown) => {
      env.metrics.counter(droppedMetric).add()
      if (!isError(error)) env.log.error({ err: error, component }, 'Cannot record an event')
    })
  }

  async #write(subject: EventSubject, happening: Happening): Promise<void> {
    const { api, env } = this.#options
    const key = [subject.uid ?? subject.name, happening.reason, happening.message].join('\n')
    const known = this.#known.get(key)
    const at = env.clock.monotonic()
    const isSame = known !== undefined && at - known.at < togetherMs
    const next = isSame ? { ...known, count: known.count + 1, at } : this.#begin(subject, at)
    this.#remember(key, next)
    const patch = { count: next.count, lastTimestamp: timestamp(env.clock.now()) }
    if (isSame) await api.patch(events, next, { type: 'merge', patch })
    else await api.create(events, this.#eventOf(subject, happening, next))
  }

  #begin({ namespace = 'default', name }: EventSubject, at: number): Known {
    const id = this.#options.env.uuid().replaceAll('-', '').slice(0, 16)
    return { namespace, name: `${name.slice(0, 200)}.${id}`, count: 1, at }
  }

  #eventOf(subject: EventSubject, happening: Happening, { namespace, name }: Known) {
    const { env, component } = this.#options
    const time = timestamp(env.clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name },
      involvedObject: subject,
      ...happening,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
    }
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key)
    this.#known.set(key, known)
    const oldest = this.#known.size > mostKnown ? this.#known.keys().next().value : undefined
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  #take(): boolean {
    const now = this.#options.env.clock.monotonic()
    this.#left = Math.min(burst, this.#left + ((now - this.#refilledAt) * perSecond) / 1_000)
    this.#refilledAt = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
