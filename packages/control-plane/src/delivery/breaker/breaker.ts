// The breaker: holds removals when too much would go within an hour, until a person approves it. Nothing that it guards goes
// before it is written down that it may.
import { fieldManager } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { RemovalHold } from '@flotilla/api/removal'
import { isError } from '@flotilla/machinery/errors'
import { keyOf } from '@flotilla/machinery/object'
import type { Result, RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { startController } from '@flotilla/runtime/start-controller'
import type { Binding, Hub } from '../../hub.ts'
import type { ObjectId } from '../../object-id.ts'
import { isRegisteredAs } from '../../registration.ts'
import type { RemovalTarget } from '../claims.ts'
import type { Intents } from '../intents.ts'
import { type Entry, entryOf, headOf, hourMs, isOf } from './ledger.ts'
import { LedgerStore } from './ledger-store.ts'
import { judgeLosses } from './judge.ts'
import { freely } from './limit.ts'
import { isLetGo, type Loss, lossOf } from './loss.ts'

export interface BreakerDeps {
  readonly env: Env
  readonly hub: Hub
  readonly intents: Intents
  /** Has the object looked at again on the cluster of that id. */
  readonly redeliver: (id: ObjectId, clusterId: string) => void
}

/** What comes within so short a time of each other is judged together, but waits for so long at most. */
const [quietMs, mostMs] = [1_000, 5_000]
/** Bindings that are written at once. */
const atOnce = 32

const key = 'hub'

const metric = {
  name: 'flotilla_removals_held',
  help: 'Bindings whose removals are held until somebody approves them.',
}

export class Breaker implements AsyncDisposable {
  readonly #deps: BreakerDeps
  readonly #controller: RunningController
  readonly #ledger: LedgerStore
  /** Keys of bindings of which something is to go that nobody has judged yet. */
  readonly #unjudged = new Set<string>()
  /** Keys of bindings that are held. */
  readonly #held = new Set<string>()
  /** Those of them that have to be looked at again. */
  readonly #changed = new Set<string>()
  /** By head of the UID of the binding: what it may lose. */
  readonly #letGo = new Map<string, readonly Entry[]>()
  #hasStarted = false
  /** Monotonic ms. */
  #firstAt = 0
  #lastAt = 0

  constructor(deps: BreakerDeps) {
    this.#deps = deps
    this.#ledger = new LedgerStore(deps.hub)
    this.#controller = startController(deps.env, {
      name: 'breaker',
      watches: [],
      reconcile: () => this.#reconcile(),
    })
    void deps.hub.synced().then(() => this.#start())
  }

  /** What the binding says, or what its policy says of it, may have changed. */
  see({ key: name, before, after }: Change<Binding>): void {
    if (!after) {
      this.#letGo.delete(headOf(before?.metadata.uid))
      if (this.#held.has(name)) this.#recheck([name])
    } else if (after.spec.removalHold || before?.spec.removalHold) {
      this.#held.add(name)
      this.#recheck([name])
    } else if (after.metadata.deletionTimestamp === undefined && (after.spec.removals ?? []).length === 0) {
      this.#letGo.delete(headOf(after.metadata.uid))
    }
  }

  /** What policies say of mass removals may have changed. */
  seePolicies(): void {
    if (this.#held.size > 0) this.#recheck(this.#held)
  }

  /** Whether the copy has to stay for now, though it is to go. Asking has it judged. */
  holds(binding: Binding, target: RemovalTarget): boolean {
    if (target.isFree || isLetGo(binding) || this.#isAllowed(binding)) return false
    const known = this.#letGo.get(headOf(binding.metadata.uid)) ?? []
    if (known.some((entry) => isOf(entry, binding, target.on.id))) return false
    if (binding.spec.removalHold) return true
    if (this.#hasStarted && this.#isSmall(binding)) return false
    this.#await(keyOf(binding.metadata))
    return true
  }

  idle(): Promise<void> {
    return this.#controller.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller.stop()
  }

  #start(): void {
    const uids = new Set([...this.#bindings()].map(({ metadata }) => headOf(metadata.uid)))
    for (const entry of this.#ledger.entries()) if (uids.has(entry.mark)) this.#note(entry)
    for (const { metadata, spec } of this.#bindings()) if (spec.removalHold) this.#held.add(keyOf(metadata))
    this.#hasStarted = true
    this.#recheck(this.#held)
  }

  #recheck(names: Iterable<string>): void {
    for (const name of names) this.#changed.add(name)
    this.#controller.enqueue(key)
  }

  #note(entry: Entry): void {
    this.#letGo.set(entry.mark, [...(this.#letGo.get(entry.mark) ?? []), entry])
  }

  #await(name: string): void {
    const now = this.#deps.env.clock.monotonic()
    if (!this.#unjudged.has(name)) this.#lastAt = now
    if (this.#unjudged.size === 0) this.#firstAt = now
    this.#unjudged.add(name)
    this.#controller.enqueue(key)
  }

  #isAllowed(binding: Binding): boolean {
    const policy = this.#deps.intents.policyOf(binding)
    return (policy ? policy.massRemoval : binding.spec.massRemoval) === 'Allow'
  }

  /** So little is there that nothing can be too much: of what people delete bindings count, of what stays copies. */
  #isSmall({ metadata }: Binding): boolean {
    const { hub } = this.#deps
    const size = hub.bindings.size + hub.clusterBindings.size
    if (size > freely) return false
    if (size + this.#recent().filter(({ isDeleted }) => isDeleted).length > freely) return false
    if (metadata.deletionTimestamp !== undefined) return true
    const copies = [...this.#bindings()].reduce((sum, { spec }) => {
      const ids = [...(spec.decision?.clusters ?? []), ...(spec.removals ?? [])].map(({ id }) => id)
      return sum + new Set(ids).size
    }, 0)
    return copies <= freely
  }

  *#bindings(): Iterable<Binding> {
    yield* this.#deps.hub.bindings.list()
    yield* this.#deps.hub.clusterBindings.list()
  }

  #recent(): readonly Entry[] {
    const now = this.#deps.env.clock.now()
    return this.#ledger.entries().filter(({ at }) => now - at < hourMs)
  }

  async #reconcile(): Promise<Result | void> {
    if (!this.#hasStarted) return
    await this.#endHolds()
    this.#deps.env.metrics.gauge(metric).set(this.#held.size)
    if (this.#unjudged.size === 0) return
    const now = this.#deps.env.clock.monotonic()
    const waitMs = Math.min(this.#lastAt + quietMs, this.#firstAt + mostMs) - now
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    return this.#judge([...this.#unjudged])
  }

  /** A binding that has nothing left that it would lose, or whose policy allows it, is held no longer. */
  async #endHolds(): Promise<void> {
    const names = [...this.#changed]
    this.#changed.clear()
    for (const name of names) {
      const binding = this.#deps.hub.binding(name)
      if (!binding?.spec.removalHold) this.#held.delete(name)
      else if (this.#isAllowed(binding) || this.#lossOf(binding) === undefined) await this.#write(binding, null)
    }
  }

  /** As long as nobody has understood its deletion, all that the binding placed. */
  #lossOf(binding: Binding | undefined): Loss | undefined {
    const { hub, intents } = this.#deps
    if (!binding) return undefined
    const fate = intents.fate(binding)
    if (fate !== undefined && fate !== 'remove') return undefined
    return lossOf(binding, ({ on, objectId }) => {
      const isRegistered = hub.clusters.byIndex('id', on.id).some((cluster) => isRegisteredAs(cluster, on))
      return isRegistered && intents.claimsOn(objectId, on.id).length === 0
    })
  }

  async #judge(names: readonly string[]): Promise<Result | void> {
    const { env, hub } = this.#deps
    const lossesOf = (some: Iterable<string>) => [...some].flatMap((name) => this.#lossOf(hub.binding(name)) ?? [])
    const losses = lossesOf(names).filter(({ binding }) => !binding.spec.removalHold)
    const holds = judgeLosses({
      losses,
      held: lossesOf(this.#held),
      recent: this.#recent(),
      bindings: [...this.#bindings()],
      now: env.clock.now(),
    })
    const failed = new Set<string>()
    await inParts([...holds], async ([{ binding }, hold]) => {
      if (!(await this.#write(binding, hold))) failed.add(keyOf(binding.metadata))
    })
    await this.#release(losses.filter((loss) => !holds.has(loss)))
    for (const name of names) if (!failed.has(name)) this.#unjudged.delete(name)
    return failed.size > 0 ? { requeueAfterMs: quietMs } : undefined
  }

  /** Written down before anything goes. Throws Conflict when what is known of it is not the newest. */
  async #release(losses: readonly Loss[]): Promise<void> {
    if (losses.length === 0) return
    const now = this.#deps.env.clock.now()
    const entries = losses.map((loss) => entryOf(loss, now))
    const isKept = (entry: Entry) => now - entry.at < hourMs || this.#letGo.has(entry.mark)
    await this.#ledger.write([...this.#ledger.entries().filter(isKept), ...entries])
    for (const entry of entries) this.#note(entry)
    for (const { targets } of losses) for (const { objectId, on } of targets) this.#deps.redeliver(objectId, on.id)
  }

  /** False when the binding is not the newest. */
  async #write({ metadata }: Binding, removalHold: RemovalHold | null): Promise<boolean> {
    const { namespace, resourceVersion, uid } = metadata
    const resource = namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
    const patch = { metadata: { resourceVersion, uid }, spec: { removalHold } }
    try {
      await this.#deps.hub.api.patch(resource, metadata, { type: 'merge', patch }, { fieldManager })
      return true
    } catch (error) {
      if (!isError(error, 'Conflict', 'NotFound')) throw error
      return false
    }
  }
}

async function inParts<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += atOnce) await Promise.all(all.slice(at, at + atOnce).map(each))
}
