// What is kept of a member between two probes: its own connection, the misses so far, the lease, the version.
import type { Cluster } from '@flotilla/api/cluster'
import { FlotillaError, fromStatus, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import type { Connect, MemberConnection } from '../../connect.ts'
import { addMiss, type Silence } from './availability.ts'
import { createHubLease } from './hub-lease.ts'
import type { HubClaim, HubLease, LeaseVerdict } from './hub-lease.ts'
import type { KnownPast } from './hub-past.ts'
import type { HealthState, ProbeResult } from './judge-probe.ts'

/** The version is asked for again after so long: an upgrade shows then at the latest. */
const versionLifeMs = 60_000
const leaseEveryMs = 10_000
/** A question is given up after so many times as long as one probe waits. */
const patience = 3

export interface ProbeSessionOptions {
  readonly env: Env
  readonly connect: Connect
  readonly claim: HubClaim
  readonly past?: KnownPast
  readonly cluster: Cluster
  readonly credentials: KubeObject | undefined
  /** Milliseconds until a probe counts as a miss. */
  readonly timeoutMs: number
}

export class ProbeSession {
  /** Registration and credentials that the connection was made with: another text, another session. */
  readonly basis: string
  state: HealthState
  silence: Silence
  readonly lease: HubLease
  leaseVerdict: LeaseVerdict | undefined
  readonly #options: ProbeSessionOptions
  readonly #connection: MemberConnection
  #asking: Promise<ProbeResult> | undefined
  #version: { readonly text: string; readonly at: number } | undefined
  #leaseAt = Number.NEGATIVE_INFINITY

  /** @throws Invalid when the registration cannot be used. */
  constructor(options: ProbeSessionOptions) {
    this.#options = options
    this.basis = basisOf(options.cluster, options.credentials)
    this.state = { misses: 0, lastAnswer: options.env.clock.now() }
    this.silence = noSilence(options.env)
    this.#connection = options.connect(options.cluster, options.credentials, 'probe')
    const { env, cluster, claim, past } = options
    this.lease = createHubLease(env, this.#connection.api, claim, past?.on(cluster.metadata.name, cluster.spec.id))
  }

  get api(): KubeApi {
    return this.#connection.api
  }

  /** Asks the member who it is; never throws. What is answered too late for one probe is the answer to the next. */
  async probe(): Promise<ProbeResult> {
    const { env, timeoutMs } = this.#options
    const late = Promise.withResolvers<'late'>()
    const timer = env.timers.after(timeoutMs, () => late.resolve('late'))
    this.#asking ??= this.#ask()
    const result = await Promise.race([this.#asking, late.promise])
    timer.cancel()
    if (result === 'late') return { kind: 'failed', error: noAnswer(timeoutMs) }
    this.#asking = undefined
    return result
  }

  /** The member has been probed: whether it, and no other, answered. */
  note(isAnswer: boolean): void {
    const { env, timeoutMs } = this.#options
    this.silence = isAnswer ? noSilence(env) : addMiss(this.silence, env.clock.monotonic(), timeoutMs)
  }

  /** Renews the lease when that is due. @throws what the member answers. */
  async renewLease(): Promise<void> {
    const now = this.#options.env.clock.monotonic()
    if (this.lease.mayWrite() && now - this.#leaseAt < leaseEveryMs) return
    this.leaseVerdict = await this.lease.renew()
    this.#leaseAt = now
  }

  /** Another cluster answers here: nothing is written to it, however long our lease on the member lasts. */
  dropLease(): void {
    this.lease.drop()
    this.leaseVerdict = undefined
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #ask(): Promise<ProbeResult> {
    const { env, cluster, timeoutMs } = this.#options
    const started = env.clock.monotonic()
    try {
      const [id, version] = await this.#withPatience((signal) =>
        Promise.all([this.#readId(signal), this.#readVersion(signal)]),
      )
      const latencyMs = Math.round(env.clock.monotonic() - started)
      const slow = latencyMs > timeoutMs ? { slowerThanMs: timeoutMs } : {}
      return { kind: 'answered', id, version, latencyMs, ...slow }
    } catch (error) {
      if (isError(error)) return { kind: 'failed', error }
      env.log.error({ err: error, cluster: cluster.metadata.name }, 'Probe failed')
      return { kind: 'failed', error: new FlotillaError('Internal', 'Internal error', {}, { cause: error }) }
    }
  }

  async #readId(signal: AbortSignal): Promise<string> {
    const found = await this.api.get(namespaces, { name: 'kube-system' }, { signal })
    return found.metadata.uid ?? ''
  }

  async #readVersion(signal: AbortSignal): Promise<string> {
    const now = this.#options.env.clock.monotonic()
    if (this.#version && now - this.#version.at < versionLifeMs) return this.#version.text
    const answer = await this.api.raw({ path: '/version', signal })
    if (answer.code >= 300) {
      const { code, message } = fromStatus(answer.code, answer.body, 'Cannot read the version')
      throw new FlotillaError(code, message, { hop: 'version' })
    }
    this.#version = { text: textAt(answer.body, 'gitVersion'), at: now }
    return this.#version.text
  }

  async #withPatience<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { env, timeoutMs } = this.#options
    const abort = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = env.timers.after(patience * timeoutMs, () => {
      abort.abort()
      late.reject(noAnswer(timeoutMs))
    })
    try {
      return await Promise.race([run(abort.signal), late.promise])
    } finally {
      timer.cancel()
    }
  }
}

/** The same words whenever it is found out, since they are written when they change. */
function noAnswer(timeoutMs: number): FlotillaError {
  return new FlotillaError('Timeout', `no answer within ${timeoutMs / 1000} s`, { hop: 'connect' })
}

function noSilence({ clock }: Env): Silence {
  return { misses: 0, lastedMs: 0, probedAt: clock.monotonic() }
}

/** Changes when the member must be reached anew. */
export function basisOf(cluster: Cluster, credentials: KubeObject | undefined): string {
  return JSON.stringify([
    cluster.metadata.uid,
    cluster.spec.id,
    cluster.spec.apiEndpoint,
    credentials?.metadata.resourceVersion,
  ])
}
