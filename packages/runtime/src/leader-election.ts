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
  generation: number | undefined
  readonly #options: LeaderElectionOptions
  readonly #leaseDurationMs: number
  readonly #renewDeadlineMs: number
  readonly #abort = new AbortController()
  readonly #running: Promise<void>
  /** The Lease as seen last, and since when (monotonic). Clocks of others are never compared with ours. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined
  #held: Lease | undefined
  #deadline: Timer | undefined

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
      const held = this.#held !== undefined ? await this.#renew(this.#held) : await this.#acquire()
      if (held !== undefined && !this.#abort.signal.aborted) this.#hold(held, askedAt)
    } catch (error) {
      // Whoever changed it, what we held is no longer what is there: look again.
      if (isError(error, 'Conflict', 'AlreadyExists', 'NotFound')) this.#held = undefined
      this.#options.env.log.debug({ err: error, lease: this.#options.lease.name }, 'Cannot take or renew the lease')
    }
  }

  async #renew(held: Lease): Promise<Lease> {
    const renewTime = microTimestamp(this.#options.env.clock.now())
    return this.#options.api.update<Lease>(leases, { ...held, spec: { ...held.spec, renewTime } }, this.#request())
  }

  /** The Lease, ours; undefined while somebody else may hold it. */
  async #acquire(): Promise<Lease | undefined> {
    const { api, lease, identity } = this.#options
    const found = await this.#find()
    if (found === undefined) return api.create<Lease>(leases, this.#newLease(), this.#request())
    const holder = found.spec?.holderIdentity ?? ''
    if (holder !== '' && holder !== identity) {
      this.#lose()
      if (!this.#isExpired(found)) return undefined
    }
    if (holder === identity && found.spec?.leaseTransitions === this.generation) return this.#renew(found)
    const transitions = (found.spec?.leaseTransitions ?? 0) + 1
    this.#options.env.log.info({ lease: lease.name, generation: transitions }, 'Taking the lease')
    return api.update<Lease>(leases, { ...found, spec: this.#spec(transitions) }, this.#request())
  }

  async #find(): Promise<Lease | undefined> {
    try {
      return await this.#options.api.get<Lease>(leases, this.#options.lease, this.#request())
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
    if (generation !== this.generation) this.#lose()
    this.#held = lease
    this.#deadline?.cancel()
    this.#deadline = env.timers.after(leftMs, () => this.#lose())
    if (generation === this.generation) return
    this.generation = generation
    onElected(generation)
  }

  #lose(): void {
    this.#deadline?.cancel()
    this.#held = undefined
    if (this.generation === undefined) return
    this.generation = undefined
    this.#options.onLost()
  }

  async #release(held: Lease): Promise<void> {
    const spec = { ...held.spec, holderIdentity: '' }
    try {
      await this.#options.api.update<Lease>(leases, { ...held, spec })
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

  #request() {
    return { signal: this.#abort.signal }
  }
}
