// Stands between a member's API and its clients, and breaks on demand the way networks and servers do.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, RequestOptions, WatchEvent } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Env } from '@flotilla/runtime/env'

export interface GateRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'raw'
  /** Absent for raw requests. */
  readonly resource?: Resource
  readonly key?: ObjectKey
  readonly subresource?: string
  /** Of a raw request. */
  readonly path?: string
}

export interface Faults {
  /** The API server ends: connections are refused, watches break, the cluster's own controllers stand still. */
  stop(): void
  start(): void
  /** The network goes silent: requests get no answer (Timeout), watches say nothing. Nothing ends by itself. */
  cut(): void
  heal(): void
  /** Every request takes `ms` longer; 0 ends it. */
  slow(ms: number): void
  /** The next `times` (default: all) requests that match fail with `error`. */
  failRequests(match: (request: GateRequest) => boolean, error: FlotillaError, times?: number): void
  /** Ends what `failRequests` began. */
  failNothing(): void
}

interface Failure {
  readonly match: (request: GateRequest) => boolean
  readonly error: FlotillaError
  left: number
}

interface Sent extends RequestOptions {
  readonly subresource?: string
}

/** How long a client waits for an answer that does not come. */
const answerTimeoutMs = 10_000

export class FaultGate implements Faults {
  readonly #env: Env
  readonly #name: string
  #stopped = new AbortController()
  /** While stopped: what the cluster's own controllers wait for. */
  #started: PromiseWithResolvers<void> | undefined
  #isClosed = false
  #healed: PromiseWithResolvers<void> | undefined
  #latencyMs = 0
  #failures: Failure[] = []

  constructor(env: Env, name: string) {
    this.#env = env
    this.#name = name
  }

  stop(): void {
    this.#stopped.abort()
    this.#started ??= Promise.withResolvers()
  }

  start(): void {
    if (this.#stopped.signal.aborted) this.#stopped = new AbortController()
    this.#started?.resolve()
    this.#started = undefined
  }

  /** The end of the cluster: its own controllers that stand still are refused, so that they can end too. */
  close(): void {
    this.#isClosed = true
    this.#started?.resolve()
  }

  cut(): void {
    this.#healed ??= Promise.withResolvers()
  }

  heal(): void {
    this.#healed?.resolve()
    this.#healed = undefined
  }

  slow(ms: number): void {
    this.#latencyMs = ms
  }

  failRequests(match: (request: GateRequest) => boolean, error: FlotillaError, times = Number.POSITIVE_INFINITY): void {
    this.#failures.push({ match, error, left: times })
  }

  failNothing(): void {
    this.#failures = []
  }

  /** `api` as seen over the network, with all faults. */
  outside(api: KubeApi): KubeApi {
    return this.#gated(api, true, (request, sent) => this.#pass(request, sent))
  }

  /**
   * `api` as the cluster's own controllers see it: a stopped server holds their requests and events back. Refused,
   * each of their caches would come back at a time of its own, and they would decide on several pasts at once.
   */
  inside(api: KubeApi): KubeApi {
    return this.#gated(api, false, (_request, { signal }) => this.#untilStarted(signal))
  }

  #gated(api: KubeApi, isOutside: boolean, pass: (request: GateRequest, sent: Sent) => Promise<void>): KubeApi {
    const through = async <T>(request: GateRequest, sent: Sent | undefined, send: () => Promise<T>): Promise<T> => {
      await pass(sent?.subresource === undefined ? request : { ...request, subresource: sent.subresource }, sent ?? {})
      const answer = await send()
      if (isOutside) this.#refuseWhenStopped()
      else await this.#untilStarted(sent?.signal)
      return answer
    }
    return {
      get: (resource, key, options) =>
        through({ verb: 'get', resource, key }, options, () => api.get(resource, key, options)),
      list: (resource, options) => through({ verb: 'list', resource }, options, () => api.list(resource, options)),
      create: (resource, object, options) =>
        through({ verb: 'create', resource, key: object.metadata }, options, () =>
          api.create(resource, object, options),
        ),
      update: (resource, object, options) =>
        through({ verb: 'update', resource, key: object.metadata }, options, () =>
          api.update(resource, object, options),
        ),
      patch: (resource, key, patch, options) =>
        through({ verb: 'patch', resource, key }, options, () => api.patch(resource, key, patch, options)),
      apply: (resource, object, options) =>
        through({ verb: 'apply', resource, key: object.metadata }, options, () => api.apply(resource, object, options)),
      delete: (resource, key, options) =>
        through({ verb: 'delete', resource, key }, options, () => api.delete(resource, key, options)),
      raw: (request) => through({ verb: 'raw', path: request.path }, request, () => api.raw(request)),
      watch: (resource, options = {}) => {
        const link = this.#link(options.signal, isOutside)
        const passed = pass({ verb: 'watch', resource }, { signal: link.signal })
        // Thrown by the stream, if anybody reads it.
        passed.catch(() => {})
        // Opened at once where nothing is in the way, since a watch counts from the call.
        const isFree = this.#healed === undefined && this.#latencyMs === 0 && !this.#stopped.signal.aborted
        const open = () => api.watch<never>(resource, { ...options, signal: link.signal })
        return this.#stream(passed, isFree ? open() : undefined, open, link)
      },
    }
  }

  async *#stream<T extends KubeObject>(
    passed: Promise<void>,
    opened: AsyncIterable<WatchEvent<T>> | undefined,
    open: () => AsyncIterable<WatchEvent<T>>,
    link: Link,
  ): AsyncGenerator<WatchEvent<T>> {
    try {
      await passed
      for await (const event of opened ?? open()) {
        if (this.#healed !== undefined && link.isOutside) await this.#untilHealed(link.signal)
        if (this.#started !== undefined && !link.isOutside) await this.#untilStarted(link.signal)
        if (link.signal.aborted) break
        yield event
      }
      if (link.isBroken()) throw this.#refused()
    } finally {
      link.end()
    }
  }

  async #pass(request: GateRequest, { signal }: Sent): Promise<void> {
    this.#refuseWhenStopped()
    if (this.#healed !== undefined) await this.#awaitHealing(request, signal)
    if (this.#latencyMs > 0) await this.#env.timers.sleep(this.#latencyMs, signal)
    this.#refuseWhenStopped()
    const failure = this.#failures.find(({ left, match }) => left > 0 && match(request))
    if (failure === undefined) return
    failure.left--
    throw failure.error
  }

  /** A request under way when the network falls silent is answered if it heals in time. */
  async #awaitHealing(request: GateRequest, signal: AbortSignal | undefined): Promise<void> {
    const timeout = this.#env.timers.sleep(answerTimeoutMs, signal)
    const isHealed = await Promise.race([this.#healed?.promise.then(() => true), timeout.then(() => false)])
    if (isHealed) return
    const what = request.path ?? request.resource?.plural
    throw new FlotillaError(
      'Timeout',
      `Cannot ${request.verb} ${what} on ${this.#name}: no answer in ${answerTimeoutMs / 1000} s`,
    )
  }

  async #untilHealed(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#healed?.promise, abortOf(signal)])
  }

  async #untilStarted(signal: AbortSignal | undefined): Promise<void> {
    while (this.#started !== undefined && !this.#isClosed && !signal?.aborted) {
      await Promise.race([this.#started.promise, ...(signal === undefined ? [] : [abortOf(signal)])])
    }
    if (this.#started !== undefined && this.#isClosed) throw this.#refused()
  }

  #link(outer: AbortSignal | undefined, isOutside: boolean): Link {
    const stopped = isOutside ? this.#stopped.signal : undefined
    const controller = new AbortController()
    const abort = () => controller.abort()
    for (const signal of [outer, stopped]) signal?.addEventListener('abort', abort, { once: true })
    if (outer?.aborted || stopped?.aborted) abort()
    return {
      signal: controller.signal,
      isOutside,
      isBroken: () => stopped?.aborted === true && !outer?.aborted,
      end() {
        for (const signal of [outer, stopped]) signal?.removeEventListener('abort', abort)
        abort()
      },
    }
  }

  #refuseWhenStopped(): void {
    if (this.#stopped.signal.aborted) throw this.#refused()
  }

  #refused(): FlotillaError {
    return new FlotillaError('Unavailable', `Cannot reach ${this.#name}: connection refused`, { hop: 'connect' })
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The ends of one watch: its client's signal and the server's life. */
interface Link {
  readonly signal: AbortSignal
  /** Events cross the network. */
  readonly isOutside: boolean
  /** Ended by the server, not by the client. */
  isBroken(): boolean
  end(): void
}
