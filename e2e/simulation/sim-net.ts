// The network between processes and API servers: it delays, loses, repeats, refuses and cuts, by chance that repeats.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi, RequestOptions, WatchOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Env } from '@flotilla/runtime/env'
import type { History } from './history.ts'
import { never, type SimProcess } from './sim-process.ts'
import { SimWatch } from './sim-watch.ts'
import { fair, isCut, refusalOf, type Weather } from './weather.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'raw'

/** A request of a process. */
export interface Call {
  readonly process: string
  readonly server: string
  readonly purpose: 'sync' | 'probe'
  readonly verb: Verb
  readonly resource?: Resource
  readonly key?: ObjectKey
  /** What is to be written. */
  readonly object?: KubeObject
  /** That a deletion demands. */
  readonly uid?: string | undefined
  /** Virtual ms. */
  readonly sentAt: number
}

export function isWrite({ verb }: Pick<Call, 'verb'>): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch' && verb !== 'raw'
}

/** A server as the network knows it: it may be down. */
export interface Endpoint {
  readonly name: string
  /** As seen by an administrator, without faults; undefined: nothing listens. */
  api(): KubeApi | undefined
  /** Aborts when the server that listens now goes down. */
  life(): AbortSignal
}

export interface NetOptions {
  readonly env: Env
  readonly random: () => number
  readonly history: History
  readonly onSent: (call: Call) => void
  /** Called when a request reaches its server, before it is carried out. */
  readonly onArrival: (call: Call) => void
  /** Called when its server has carried it out. */
  readonly onDone: (call: Call) => void
  /** Called when the process hears so in time, or that it may not do it. */
  readonly onAnswered: (call: Call) => void
}

/** How long a client waits for an answer. */
const clientTimeoutMs = 10_000

export class SimNet {
  readonly #options: NetOptions
  readonly #weather = new Map<string, Weather>()
  readonly #watches = new Map<string, Set<SimWatch>>()

  constructor(options: NetOptions) {
    this.#options = options
  }

  /** Of all links to `server`. */
  weather(server: string): Weather {
    return this.#weather.get(server) ?? fair
  }

  setWeather(server: string, weather: Partial<Weather>): void {
    const before = this.weather(server)
    this.#weather.set(server, { ...before, ...weather })
    const isOpenAgain = isCut(before, 'from') && !isCut(this.weather(server), 'from')
    for (const watch of isOpenAgain ? this.#watchesOf(server) : []) {
      // A connection that was silent for long is mostly dead; sometimes all that was held back comes through.
      if (this.#options.random() < 0.5) watch.end(this.#reset(server))
      else watch.release()
    }
  }

  heal(): void {
    for (const server of this.#weather.keys()) this.setWeather(server, fair)
  }

  /** Ends every watch on `server`: quietly, by a reset, or as one that is too old. */
  breakWatches(server: string, how: 'end' | 'reset' | 'expired'): void {
    const errors = {
      end: undefined,
      reset: this.#reset(server),
      expired: new FlotillaError('Expired', `${server}: the resource version is too old`),
    }
    for (const watch of this.#watchesOf(server)) watch.end(errors[how])
  }

  /** `endpoint` as `process` reaches it. */
  connect(process: SimProcess, endpoint: Endpoint, purpose: 'sync' | 'probe'): KubeApi {
    const at = { process: process.name, server: endpoint.name, purpose }
    const request = <T>(
      call: Omit<Call, keyof typeof at | 'sentAt'>,
      options: RequestOptions | undefined,
      send: Send<T>,
    ) => this.#request(process, endpoint, { ...at, ...call, sentAt: this.#now() }, options?.signal, send)
    return {
      get: (resource, key, options) =>
        request({ verb: 'get', resource, key }, options, (api) => api.get(resource, key, options)),
      list: (resource, options) => request({ verb: 'list', resource }, options, (api) => api.list(resource, options)),
      create: (resource, object, options) =>
        request({ verb: 'create', resource, key: object.metadata, object }, options, (api) =>
          api.create(resource, object, options),
        ),
      update: (resource, object, options) =>
        request({ verb: 'update', resource, key: object.metadata, object }, options, (api) =>
          api.update(resource, object, options),
        ),
      patch: (resource, key, patch, options) =>
        request({ verb: 'patch', resource, key }, options, (api) => api.patch(resource, key, patch, options)),
      apply: (resource, object, options) =>
        request({ verb: 'apply', resource, key: object.metadata, object }, options, (api) =>
          api.apply(resource, object, options),
        ),
      delete: (resource, key, options) =>
        request({ verb: 'delete', resource, key, uid: options?.preconditions?.uid }, options, (api) =>
          api.delete(resource, key, options),
        ),
      raw: (sent) => request({ verb: 'raw' }, sent, (api) => api.raw(sent)),
      watch: (resource, options) =>
        this.#watch(process, endpoint, { ...at, verb: 'watch', resource, sentAt: this.#now() }, options) as never,
    }
  }

  /** What the process hears: the answer, that it came too late, or that its own caller gave up. */
  #request<T>(
    process: SimProcess,
    endpoint: Endpoint,
    call: Call,
    signal: AbortSignal | undefined,
    send: Send<T>,
  ): Promise<T> {
    if (process.isDead) return never
    if (signal?.aborted === true) return Promise.reject(givenUp(call))
    this.#options.onSent(call)
    return new Promise((resolve, reject) => {
      let isOver = false
      const settle = (run: () => void, isAnswer = false) =>
        process.deliver(() => {
          timer.cancel()
          signal?.removeEventListener('abort', abort)
          if (isAnswer && !isOver) this.#options.onAnswered(call)
          isOver = true
          run()
        })
      const abort = () => settle(() => reject(givenUp(call)))
      const timer = process.env.timers.after(clientTimeoutMs, () =>
        settle(() => reject(new FlotillaError('Timeout', `Cannot ${describe(call)}: no answer`, { hop: 'connect' }))),
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#carry(endpoint, call, send).then(
        (answer) => settle(() => resolve(answer), true),
        (error: unknown) => settle(() => reject(error), isError(error, 'Unauthenticated', 'Forbidden')),
      )
    })
  }

  /** To the server and back. */
  async #carry<T>(endpoint: Endpoint, call: Call, send: Send<T>): Promise<T> {
    const { random, onArrival } = this.#options
    await this.#travel(call)
    const weather = this.#weatherFor(call)
    if (isCut(weather, 'to') || this.#happens(weather.loss)) return never
    const api = endpoint.api()
    if (api === undefined) throw await this.#back(call, this.#refused(endpoint.name))
    if (this.#happens(weather.refusals)) throw await this.#back(call, refusalOf(weather.refusal, endpoint.name))
    onArrival(call)
    const life = endpoint.life()
    let result = await outcome(send(api), life, () => this.#reset(endpoint.name))
    if (isWrite(call) && this.#happens(weather.duplicates)) {
      await this.#travel(call)
      const again = endpoint.api()
      if (again !== undefined) result = await outcome(send(again), endpoint.life(), () => this.#reset(endpoint.name))
    }
    this.#note(call, result)
    const isLost = isWrite(call) && weather.lostAnswers > 0 && random() < weather.lostAnswers
    if (isLost) return never
    await this.#back(call, undefined)
    if ('error' in result) throw result.error
    return result.value
  }

  /** The way back; gives `error` when it has come through. */
  async #back(call: Call, error: FlotillaError | undefined): Promise<FlotillaError | undefined> {
    await this.#travel(call)
    if (isCut(this.#weatherFor(call), 'from')) return never
    return error
  }

  #travel(call: Call): Promise<void> {
    const [least, most] = this.#weatherFor(call).latencyMs
    return this.#options.env.timers.sleep(least + Math.floor(this.#options.random() * (most - least + 1)))
  }

  #watch(process: SimProcess, endpoint: Endpoint, call: Call, options: WatchOptions = {}): SimWatch {
    const { env, random } = this.#options
    const watches = this.#watchesOf(endpoint.name)
    const watch = new SimWatch({
      process,
      env,
      signal: options.signal,
      isHeld: () => isCut(this.#weatherFor(call), 'from'),
      delayMs: () => {
        const [least, most] = this.#weatherFor(call).latencyMs
        return least + Math.floor(random() * (most - least + 1))
      },
      onEnd: () => watches.delete(watch),
    })
    if (watch.isOver) return watch
    this.#options.onSent(call)
    watches.add(watch)
    void this.#open(endpoint, call, options, watch)
    return watch
  }

  async #open(endpoint: Endpoint, call: Call, options: WatchOptions, watch: SimWatch): Promise<void> {
    await this.#travel(call)
    const weather = this.#weatherFor(call)
    // Nothing comes, and nothing says so: the reader's own deadline ends it.
    if (isCut(weather, 'to') || this.#happens(weather.loss)) return
    const api = endpoint.api()
    if (api === undefined) return watch.fail(this.#refused(endpoint.name))
    if (this.#happens(weather.refusals)) return watch.fail(refusalOf(weather.refusal, endpoint.name))
    const { resource } = call
    if (resource === undefined || watch.isOver) return
    const life = endpoint.life()
    const broken = () => watch.end(this.#reset(endpoint.name))
    life.addEventListener('abort', broken, { once: true })
    await watch.pump(api.watch(resource, { ...options, signal: watch.signal }))
    life.removeEventListener('abort', broken)
  }

  #weatherFor({ process, server, purpose, verb, resource }: Call): Weather {
    const weather = this.weather(server)
    const { of = process, only = purpose, onlyReadsOf = resource?.plural } = weather
    const isRead = weather.onlyReadsOf === undefined || verb === 'list' || verb === 'watch'
    return of === process && only === purpose && isRead && onlyReadsOf === resource?.plural ? weather : fair
  }

  #watchesOf(server: string): Set<SimWatch> {
    const found = this.#watches.get(server) ?? new Set()
    this.#watches.set(server, found)
    return found
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#options.random() < probability
  }

  #now(): number {
    return this.#options.env.clock.now()
  }

  #refused(server: string): FlotillaError {
    return new FlotillaError('Unavailable', `Cannot reach ${server}: connection refused`, { hop: 'connect' })
  }

  #reset(server: string): FlotillaError {
    return new FlotillaError('Unavailable', `The connection to ${server} was reset`, { hop: 'connect' })
  }

  #note(call: Call, result: Outcome<unknown>): void {
    if (!('error' in result)) this.#options.onDone(call)
    if (!isWrite(call)) return
    const end = 'error' in result ? String((result.error as { code?: string }).code ?? result.error) : 'ok'
    this.#options.history.note(`${call.process} ${describe(call)}: ${end}`, call.resource?.plural === 'leases')
  }
}

type Send<T> = (api: KubeApi) => Promise<T>

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** What the server answers, or that it went down meanwhile. */
function outcome<T>(sent: Promise<T>, life: AbortSignal, reset: () => FlotillaError): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const broken = () => resolve({ error: reset() })
    if (life.aborted) broken()
    life.addEventListener('abort', broken, { once: true })
    sent.then(
      (value) => {
        life.removeEventListener('abort', broken)
        resolve({ value })
      },
      (error: unknown) => {
        life.removeEventListener('abort', broken)
        resolve({ error })
      },
    )
  })
}

function givenUp(call: Call): FlotillaError {
  return new FlotillaError('Unavailable', `Cannot ${describe(call)}: its caller stopped it`)
}

export function describe({ verb, resource, key, server }: Call): string {
  const name = key === undefined ? '' : ` ${key.namespace === undefined ? '' : `${key.namespace}/`}${key.name}`
  return `${verb} ${resource?.plural ?? ''}${name} on ${server}`
}
