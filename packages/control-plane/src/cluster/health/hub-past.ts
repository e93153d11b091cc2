// Tells a hub whose store was restored from a backup, or copied, from one that went on. Each run of the controllers has
// an identity and counts its steps, in the hub's store first and then in a mark on the Lease of every member: a mark
// that the store does not know is of a newer state. Marks are signed, so that no member can stop the whole hub.
import { isOfPast, readHubPast, pastName, writeHubPast, type HubPast, type RestoredHub } from '@flotilla/api/hub-past'
import { fieldManager, systemNamespace } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Hub } from '../../hub.ts'
import type { HubClaim } from './hub-lease.ts'

export const pastKey = { namespace: systemNamespace, name: pastName }

/** A run goes at most one step in so long, and only if what members are to hold may have changed. */
const stepEveryMs = 5_000

const metric = {
  name: 'flotilla_hub_restored',
  help: '1 while members know a newer state of this hub than its store: nothing is written to them.',
}

export interface KnownPastDeps {
  readonly env: Env
  readonly hub: Hub
  /** With the hub's own key. */
  readonly hmac: (text: string) => string
  readonly claim: HubClaim
}

/** As one member's lease needs it. */
export interface PastOnMember {
  /** Who we are, in the generation that the hub's store says. */
  claim(): HubClaim
  /** What to leave on the member; undefined where the hub has no place to keep its past. @throws what the hub answers. */
  mark(): Promise<string | undefined>
  /** Whether a Lease was written by a newer state of this hub. @throws what the hub answers. */
  isNewer(claim: HubClaim, mark: string | undefined): Promise<boolean>
  /** Nothing is to be written to any member. */
  isRestored(): boolean
}

export class KnownPast implements Disposable {
  readonly #deps: KnownPastDeps
  readonly #run: string
  readonly #unwatch: readonly (() => void)[]
  /** As it was read or written last, when the informer is behind. */
  #past: HubPast | undefined
  #steps = 0
  #isChanged = true
  #steppedAt = Number.NEGATIVE_INFINITY
  #stepping: Promise<number> | undefined

  constructor(deps: KnownPastDeps) {
    const { env, hub } = deps
    this.#deps = deps
    this.#run = env.uuid()
    const note = ({ before, after }: Change<KubeObject>) => {
      // Never placed, and what is kept of the past is there.
      const isOurs = (after ?? before)?.metadata.namespace === systemNamespace
      if (!isOurs && isOtherSpec(before, after)) this.#isChanged = true
    }
    const sources = [hub.bindings, hub.clusterBindings, hub.overrides, hub.clusterOverrides]
    this.#unwatch = [
      ...sources.map((source) => source.onChange(note)),
      hub.templates.onChange((_, change) => note(change)),
      hub.settings.onChange(({ key, after }) => {
        if (key === keyOf(pastKey)) this.#learn(readHubPast(dataOf(after)))
      }),
    ]
  }

  [Symbol.dispose](): void {
    for (const unwatch of this.#unwatch) unwatch()
  }

  /** `clusterId`: identity of the member. */
  on(cluster: string, clusterId: string): PastOnMember {
    return {
      claim: () => this.#claim(),
      mark: async () => {
        const step = await this.#step()
        return step === undefined ? undefined : this.#sign(clusterId, this.#claim().generation, this.#run, step)
      },
      isNewer: (claim, mark) => this.#isNewer(cluster, clusterId, claim, mark),
      isRestored: () => this.#restored !== undefined,
    }
  }

  #claim(): HubClaim {
    const { claim } = this.#deps
    return { ...claim, generation: Math.max(claim.generation, this.#past?.generation ?? 0) }
  }

  get #restored(): RestoredHub | undefined {
    const { restored } = this.#past ?? {}
    return restored !== undefined && restored.generation >= this.#claim().generation ? restored : undefined
  }

  /** How far this run has come, told to the store before any member learns of it. */
  async #step(): Promise<number | undefined> {
    const now = this.#deps.env.clock.monotonic()
    const isDue = this.#isChanged && now - this.#steppedAt >= stepEveryMs
    if (this.#steps > 0 && !isDue) return this.#steps
    this.#stepping ??= this.#writeStep().finally(() => (this.#stepping = undefined))
    try {
      return await this.#stepping
    } catch (error) {
      if (!isError(error)) throw error
      // What was told before stays true; a hub that has no place for its past leaves no marks.
      if (this.#steps > 0) return this.#steps
      if (isError(error, 'NotFound')) return undefined
      throw error
    }
  }

  async #writeStep(): Promise<number> {
    this.#isChanged = false
    this.#steppedAt = this.#deps.env.clock.monotonic()
    try {
      const next = await this.#edit((past) => {
        const runs = new Map([...past.runs, [this.#run, this.#steps + 1] as const])
        return { ...past, runs }
      })
      this.#steps = next.runs.get(this.#run) ?? 0
      return this.#steps
    } catch (error) {
      this.#isChanged = true
      throw error
    }
  }

  async #isNewer(cluster: string, clusterId: string, claim: HubClaim, mark: string | undefined): Promise<boolean> {
    const own = this.#claim().generation
    if (claim.generation < own) return false
    const isNewer = claim.generation > own || (mark !== undefined && !(await this.#knows(mark)))
    const [run = '', step = ''] = mark?.split('.') ?? []
    const isSigned = mark === this.#sign(clusterId, claim.generation, run, Number(step))
    if (isNewer && isSigned && this.#restored === undefined) await this.#noteRestored(cluster)
    return isNewer
  }

  /** Another process of this hub may have told the store since: it is asked before anybody is called newer. */
  async #knows(mark: string): Promise<boolean> {
    const isKnown = this.#past !== undefined && isOfPast(this.#past, mark)
    return isKnown || isOfPast(await this.#read(), mark)
  }

  async #noteRestored(cluster: string): Promise<void> {
    const { env } = this.#deps
    const restored = { generation: this.#claim().generation, since: timestamp(env.clock.now()), cluster }
    this.#learn({ ...(this.#past ?? readHubPast(undefined)), restored })
    env.log.error({ cluster }, 'Members know a newer state of this hub: nothing is written to them before a takeover')
    await this.#edit((past) => ({ ...past, restored: past.restored ?? restored }))
  }

  /** An informer may be behind: only a takeover ends what was seen. */
  #learn(past: HubPast): void {
    const before = this.#past
    const generation = Math.max(past.generation, before?.generation ?? 0)
    const restored = past.restored ?? before?.restored
    this.#past = { ...past, generation, restored }
    this.#deps.env.metrics.gauge(metric).set(this.#restored === undefined ? 0 : 1)
  }

  async #read(): Promise<HubPast> {
    const found = await this.#deps.hub.api.get(configMaps, pastKey).catch(noneIfAbsent)
    this.#learn(readHubPast(dataOf(found)))
    return this.#past as HubPast
  }

  /** Tried anew when another process wrote meanwhile. */
  async #edit(change: (past: HubPast) => HubPast): Promise<HubPast> {
    const { api } = this.#deps.hub
    for (;;) {
      try {
        const found = await api.get(configMaps, pastKey).catch(noneIfAbsent)
        const next = change(readHubPast(dataOf(found)))
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: pastKey, data: writeHubPast(next) }
        if (found === undefined) await api.create(configMaps, object, { fieldManager })
        else await api.update(configMaps, { ...object, metadata: found.metadata }, { fieldManager })
        this.#learn(next)
        return next
      } catch (error) {
        if (!isError(error, 'Conflict', 'AlreadyExists')) throw error
      }
    }
  }

  #sign(clusterId: string, generation: number, run: string, step: number): string {
    const { claim, hmac } = this.#deps
    return `${run}.${step}.${hmac(JSON.stringify([claim.hubId, clusterId, generation, run, step]))}`
  }
}

/** Whether members may be to hold something else. Objects without a generation are all spec. */
function isOtherSpec(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  const generation = after?.metadata.generation
  if (before === undefined || generation === undefined) return true
  return (
    before.metadata.generation !== generation || before.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp
  )
}

function dataOf(object: KubeObject | undefined): Readonly<Record<string, string>> | undefined {
  return object?.['data'] as Readonly<Record<string, string>> | undefined
}

function noneIfAbsent(error: unknown): undefined {
  if (!isError(error, 'NotFound')) throw error
}
