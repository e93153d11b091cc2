// Elects one of several processes by a Lease (coordination.k8s.io/v1), with a generation that fences the others off.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Env, Timer } from './env.ts'
import { microTimestamp } from './timestamp.ts'

export interface LeaderElectionOptions {
  readonly env: Env
  readonly api: KubeApi
  /** Namespace and name of the Lease. */
  readonly lease: ObjectKey
  /** Of this process. Another process with the same identity takes over without waiting. */
  readonly identity: string
  /** How long others wait after the last renewal that they saw. Default 15 s. */
  readonly leaseDurationMs?: number
  /** How long the leader goes on without a renewal that succeeded; below `leaseDurationMs`. Default 10 s. */
  readonly renewDeadlineMs?: number
  /** Between two tries. Default 2 s. */
  readonly retryMs?: number
  /** `generation` grows with every change of leader: what carries an older one is no longer ours to do. */
  readonly onElected: (generation: number) => void
  readonly onLost: () => void
}

export interface LeaderElection extends AsyncDisposable {
  readonly isLeader: boolean
  /** Of our own term; undefined when we do not lead. */
  readonly generation: number | undefined
  /** Gives the Lease back, so that the next one need not wait. Calls `onLost` when we led. */
  stop(): Promise<void>
}

export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Candidate(options)
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
}

class Candidate implements LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #leaseDurationMs: number
  readonly #renewDeadlineMs: number
  readonly #abort = new AbortController()
  readonly #running: Promise<void>
  /** The Lease as seen last, and since when (monotonic). Clocks of others are never compared with ours. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined
  #held: Lease | undefined
  /** The generation that `onElected` was told and `onLost` was not. */
  #term: number | undefined
  #deadline: { readonly timer: Timer; readonly at: number } | undefined

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000
    if (this.#renewDeadlineMs >= this.#leaseDurationMs) {
      throw new Error(
        `Cannot elect a leader: renewDeadlineMs ${this.#renewDeadlineMs} must be below leaseDurationMs ${this.#leaseDurationMs}`,
      )
    }
    this.#running = this.#run()
  }

  get isLeader(): boolean {
    return this.generation !== undefined
  }

  /** By the clock: in a busy process the timer that ends the term may be late. */
  get generation(): number | undefined {
    const isOver = this.#deadline === undefined || this.#options.env.clock.monotonic() >= this.#deadline.at
    return isOver ? undefined : this.#term
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#running
    const held = this.isLeader ? this.#held : undefined
    this.#lose()
    if (held !== undefined) await this.#release(held)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #run(): Promise<void> {
    const { env, retryMs = 2000 } = this.#options
    while (!this.#abort.signal.aborted) {
      await this.#tryOnce()
      await env.timers.sleep(retryMs * (0.9 + 0.2 * env.random()), this.#abort.signal)
    }
  }

  async #tryOnce(): Promise<void> {
    // A renewal counts from when it was asked for: an answer that was long under way proves nothing newer.
    const askedAt = this.#options.env.clock.monotonic()
    try {
      const held = await this.#inTime((signal) =>
        this.#held !== undefined ? this.#renew(this.#held, signal) : this.#acquire(signal),
      )
      if (held !== undefined && !this.#abort.signal.aborted) this.#hold(held, askedAt)
    } catch (error) {
      // Whoever changed it, what we held is no longer what is there: look again.
      if (isError(error, 'Conflict', 'AlreadyExists', 'NotFound')) this.#held = undefined
      this.#options.env.log.debug({ err: error, lease: this.#options.lease.name }, 'Cannot take or renew the lease')
    }
  }

  /** Half of the deadline: a request that hangs leaves time for another. Nothing that ignores its signal holds us up. */
  async #inTime<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController()
    const { signal } = abort
    const end = () => abort.abort()
    const timer = this.#options.env.timers.after(this.#renewDeadlineMs / 2, end)
    this.#abort.signal.addEventListener('abort', end, { once: true })
    const late = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('No answer in time')), { once: true }),
    )
    try {
      return await Promise.race([request(signal), late])
    } finally {
      timer.cancel()
      this.#abort.signal.removeEventListener('abort', end)
    }
  }

  /** Undefined when the term ended before the answer came: a new one begins with a new generation. */
  async #renew(held: Lease, signal: AbortSignal): Promise<Lease | undefined> {
    const renewTime = microTimestamp(this.#options.env.clock.now())
    const spec = { ...held.spec, renewTime }
    const renewed = await this.#options.api.update<Lease>(leases, { ...held, spec }, { signal })
    return this.#term === spec.leaseTransitions ? renewed : undefined
  }

  /** The Lease, ours; undefined while somebody else may hold it. */
  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    const { api, lease, identity } = this.#options
    const found = await this.#find(signal)
    if (found === undefined) return api.create<Lease>(leases, this.#newLease(), { signal })
    const holder = found.spec?.holderIdentity ?? ''
    if (holder !== '' && holder !== identity) {
      this.#lose()
      if (!this.#isExpired(found)) return undefined
    }
    if (holder === identity && found.spec?.leaseTransitions === this.#term) return this.#renew(found, signal)
    const transitions = (found.spec?.leaseTransitions ?? 0) + 1
    this.#options.env.log.info({ lease: lease.name, generation: transitions }, 'Taking the lease')
    return api.update<Lease>(leases, { ...found, spec: this.#spec(transitions) }, { signal })
  }

  async #find(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#options.api.get<Lease>(leases, this.#options.lease, { signal })
    } catch (error) {
      if (isError(error, 'NotFound')) return undefined
      throw error
    }
  }

  /** Not renewed for its whole duration, as we saw it by our own clock. */
  #isExpired(lease: Lease): boolean {
    const now = this.#options.env.clock.monotonic()
    const version = `${lease.metadata.uid}/${lease.metadata.resourceVersion}`
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: now }
    const durationMs = (lease.spec?.leaseDurationSeconds ?? this.#leaseDurationMs / 1000) * 1000
    return now - this.#seen.sinceMs >= durationMs
  }

  #hold(lease: Lease, askedAt: number): void {
    const { env, onElected } = this.#options
    const leftMs = askedAt + this.#renewDeadlineMs - env.clock.monotonic()
    if (leftMs <= 0) return
    const generation = lease.spec?.leaseTransitions ?? 0
    if (generation !== this.#term) this.#lose()
    this.#held = lease
    this.#deadline?.timer.cancel()
    const timer = env.timers.after(leftMs, () => this.#lose())
    this.#deadline = { timer, at: askedAt + this.#renewDeadlineMs }
    if (generation === this.#term) return
    this.#term = generation
    onElected(generation)
  }

  #lose(): void {
    this.#deadline?.timer.cancel()
    this.#deadline = undefined
    this.#held = undefined
    if (this.#term === undefined) return
    this.#term = undefined
    this.#options.onLost()
  }

  async #release(held: Lease): Promise<void> {
    const spec = { ...held.spec, holderIdentity: '' }
    try {
      await this.#inTime((signal) => this.#options.api.update<Lease>(leases, { ...held, spec }, { signal }))
    } catch (error) {
      this.#options.env.log.debug({ err: error }, 'Cannot give the lease back: it expires by itself')
    }
  }

  #newLease(): Lease {
    const { name, namespace } = this.#options.lease
    const metadata = namespace === undefined ? { name } : { name, namespace }
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: this.#spec(1) }
  }

  #spec(leaseTransitions: number): NonNullable<Lease['spec']> {
    const now = microTimestamp(this.#options.env.clock.now())
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions,
    }
  }
}
