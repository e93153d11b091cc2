// Makes one member hold what the hub wants: one loop per member, with its own queue, so that none delays another.
import type { Cluster } from '@flotilla/api/cluster'
import { CelLoading } from '@flotilla/machinery/cel/program'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Result, RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import { startController } from '@flotilla/runtime/start-controller'
import type { Hub } from '../hub.ts'
import { isSilence } from '../members/contact.ts'
import type { KindLookup, MemberKind } from '../members/member-kinds.ts'
import type { MemberSession, RowChange } from '../members/member-session.ts'
import type { Members } from '../members/members.ts'
import type { Outcome } from '../members/outcomes.ts'
import { displayId, kindIdIn, objectIdOf, parseObjectId, type KindId, type ObjectId } from '../object-id.ts'
import { isAbsence } from '../absence.ts'
import { CarryOut } from './carry-out.ts'
import { adoptableBy } from './consent.ts'
import { claimsFor, type Claim, type WantedRemoval } from './claims.ts'
import type { Intents, StatementCache } from './intents.ts'
import { planStep, type Live, type Situation, type Wanted } from './plan.ts'

export interface MemberSyncDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
  readonly intents: Intents
  readonly session: MemberSession
  /** Called whenever an object that was to be removed is found not to be ours any more. */
  readonly onRemoved: (id: ObjectId) => void
  /** Called whenever the member has taken or refused what is wanted of an object. */
  readonly onSettled: (id: ObjectId) => void
}

/** How many objects of one member at once: enough to hide the way there, few enough for its API server. */
const concurrency = 32
/** A kind that the member does not serve is looked for again, soon at first, at last after so long. */
const unservedRetryMs = 15_000
const firstUnservedRetryMs = 250
/** Between two readings of what the member serves, on account of kinds that it lacked. */
const askAnewMs = 200
/** Followers that are neither applied nor refused hold their workload up for so long at most. */
const followerPatienceMs = 10_000
/** What a finalizer on the member holds back: its watch tells of its end, unless nothing else of the kind is placed. */
const heldBackRetryMs = 15_000
/** Followers that are still in use are looked at again when their workload is well, and after so long. */
const inUseRetryMs = 30_000

export class MemberSync implements AsyncDisposable {
  readonly session: MemberSession
  readonly #deps: MemberSyncDeps
  readonly #controller: RunningController
  readonly #carryOut: CarryOut
  readonly #statements: StatementCache = new Map()
  readonly #finished = new Map<ObjectId, string>()
  readonly #waitingFor = new Map<ObjectId, Set<ObjectId>>()
  /** Changed since they were last looked at: what is on its way for them answers what was wanted before. */
  readonly #overtaken = new Set<ObjectId>()
  readonly #heldSince = new Map<ObjectId, number>()
  readonly #unserved = new Map<KindId, Set<ObjectId>>()
  /** When a kind was found missing, or its definition became usable afterwards. */
  readonly #missingSince = new Map<KindId, number>()
  #askedAnewAt = Number.NEGATIVE_INFINITY
  readonly #unwatch: readonly (() => void)[]

  constructor(deps: MemberSyncDeps) {
    const { env, session, hub, members } = deps
    this.#deps = deps
    this.session = session
    this.#carryOut = new CarryOut(env, session, hub.id, () => members.mayWrite(session.name))
    this.#controller = startController(env, {
      name: 'delivery',
      concurrency,
      watches: [],
      reconcile: (id, signal) => this.#reconcile(id, signal),
    })
    this.#unwatch = [session.onRow((change) => this.#seeRow(change))]
  }

  /** What is wanted of the object may have changed. */
  enqueue(id: ObjectId): void {
    this.#controller.enqueue(id)
  }

  /** What is wanted of the object has changed: until it is looked at, nothing is known of it. */
  markChanged(id: ObjectId): void {
    this.#overtaken.add(id)
    this.session.outcomes.delete(id)
    this.#controller.enqueue(id)
  }

  idle(): Promise<void> {
    return this.#controller.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    await this.#controller.stop()
  }

  /** A row that only reports progress is the status controller's alone. */
  #seeRow({ id, before, after }: RowChange): void {
    if (after?.isFinished && after.template !== undefined) this.#finished.set(id, after.template)
    const isSame =
      before !== undefined &&
      after !== undefined &&
      before.uid === after.uid &&
      before.hub === after.hub &&
      before.applied === after.applied &&
      before.owned === after.owned &&
      before.isDeleting === after.isDeleting &&
      before.replicaOwners.length === after.replicaOwners.length
    if (!isSame) this.enqueue(id)
    if (after?.health.state === 'Healthy') this.#wakeWaiting(id)
    if (after && isEstablished(id, after.status) && !(before && isEstablished(id, before.status)))
      this.#retryUnserved(id)
  }

  async #reconcile(id: ObjectId, signal: AbortSignal): Promise<Result | void> {
    const { session } = this
    this.#overtaken.delete(id)
    const cluster = this.#deps.hub.clusters.get(session.name)
    if (session.state !== 'Ready' || !cluster || cluster.metadata.deletionTimestamp !== undefined) return
    if (!this.#deps.intents.isReadable(id)) return
    try {
      return await this.#deliver(id, cluster, signal)
    } catch (error) {
      return this.#noteFailure(id, error)
    }
  }

  async #deliver(id: ObjectId, cluster: Cluster, signal: AbortSignal): Promise<Result | void> {
    const { intents } = this.#deps
    const claims = intents.claimsOn(id, this.session.id)
    if (claims.length > 0) return this.#hold(id, cluster, claims, signal)
    this.#statements.delete(id)
    const removal = intents.removalOn(id, cluster)
    if (removal) {
      const waitMs = intents.successionWaitMs(id, this.#deps.env.clock.monotonic())
      if (waitMs > 0) return { requeueAfterMs: waitMs }
      if (this.#isInUse(id)) return { requeueAfterMs: inUseRetryMs }
      return this.#remove(id, cluster, removal, signal)
    }
    this.session.outcomes.delete(id)
  }

  async #hold(id: ObjectId, cluster: Cluster, all: readonly Claim[], signal: AbortSignal): Promise<Result | void> {
    const { intents } = this.#deps
    const { session } = this
    const template = intents.template(id)
    if (!template) return this.#settle(id, { state: 'Pending', message: 'Its template is gone from the hub' })
    const claims = claimsFor(template, all)
    if (claims.length === 0) return this.#settle(id, { state: 'Pending', message: 'Its template was created anew' })
    const settings = intents.settings(template, claims, session.name)
    const pause = pauseOf(cluster, settings.isSuspended)
    if (pause) return this.#settle(id, { state: 'Suspended', message: pause })
    const kind = await this.#kindOf(id, template.apiVersion)
    if (!kind) return { requeueAfterMs: this.#unservedRetryMs(kindIdIn(id)) }
    if (session.kindState(kindIdIn(id)) !== 'Complete') return session.openServed(template)
    if (this.#isHeldByFollowers(id, claims)) return { requeueAfterMs: followerPatienceMs }
    const row = session.row(id)
    const statement = intents.statement({ template, claims, cluster, served: kind, row, settings }, this.#statements)
    const isOver = this.#finished.get(id) === template.metadata.uid || intents.hasFinished(template, session.id)
    const carryOut = this.#carryOut
    const wanted: Wanted = {
      kind: 'hold',
      hash: statement.hash,
      get owned() {
        return carryOut.ownedAfter(id, statement.hash) ?? statement.owned()
      },
      settings,
      hasFinished: isOver,
      adoptable: adoptableBy(template),
    }
    const result = await carryOut.hold({ id, kind, statement, settings, signal }, (live) =>
      planStep(this.#situation(id, wanted, live)),
    )
    this.#settle(id, withDropped(result.outcome, statement.fieldsDropped))
    return result.retryAfterMs === undefined ? undefined : { requeueAfterMs: result.retryAfterMs }
  }

  async #remove(id: ObjectId, cluster: Cluster, removal: WantedRemoval, signal: AbortSignal): Promise<Result | void> {
    const pause = pauseOfRemoval(cluster, removal)
    if (pause) return this.#settle(id, { state: 'Suspended', message: pause })
    const lookup = await this.#findFresh(id)
    // Without the kind there are no objects of it; a group that cannot be read proves nothing.
    if (!lookup.found && lookup.isUnknown)
      throw new Waiting(`${displayId(id)}: its API group cannot be read`, unservedRetryMs)
    if (!lookup.found) return this.#noteRemoved(id, { state: 'Removed' })
    const kind = lookup.found
    const wanted: Wanted = { kind: 'remove', ...removal }
    const isDue = () => this.#isDue(id, removal)
    const outcome = await this.#carryOut.remove({ id, kind, signal, isDue }, (live) =>
      planStep(this.#situation(id, wanted, live)),
    )
    if (outcome.state === 'Removed') return this.#noteRemoved(id, outcome)
    this.#settle(id, outcome)
    return { requeueAfterMs: heldBackRetryMs }
  }

  /** The removal is still what it was when it was planned: a request may wait for the member's budget. */
  #isDue(id: ObjectId, { mode }: WantedRemoval): boolean {
    if (this.#overtaken.has(id)) return false
    const { hub, intents } = this.#deps
    const cluster = hub.clusters.get(this.session.name)
    if (!cluster || cluster.metadata.deletionTimestamp !== undefined) return false
    if (intents.claimsOn(id, this.session.id).length > 0) return false
    // A template of the same name came while the copy was being read.
    if (intents.successionWaitMs(id, this.#deps.env.clock.monotonic()) > 0) return false
    const removal = intents.removalOn(id, cluster)
    return removal?.mode === mode && pauseOfRemoval(cluster, removal) === undefined
  }

  #noteRemoved(id: ObjectId, outcome: Outcome): void {
    this.#settle(id, outcome)
    this.#deps.onRemoved(id)
  }

  #situation(id: ObjectId, wanted: Wanted, live: Live | undefined): Situation {
    return {
      id,
      hubId: this.#deps.hub.id,
      wanted,
      row: this.session.row(id),
      live,
      truce: this.#carryOut.restores.truce(id),
    }
  }

  /** What was read before proves no absence, and neither does discovery while an API server starts: its CRDs do. */
  async #findFresh(id: ObjectId): Promise<KindLookup> {
    const { kinds } = this.session
    const { group, kind } = parseObjectId(id)
    const apiVersion = group === '' ? 'v1' : `${group}/v1`
    const known = await kinds.find(apiVersion, kind)
    if (known.found) return known
    this.#askAnew()
    const lookup = await kinds.find(apiVersion, kind)
    if (lookup.found || lookup.isUnknown) return lookup
    return { found: undefined, isUnknown: await kinds.isDefined(group, kind) }
  }

  async #kindOf(id: ObjectId, apiVersion: string): Promise<MemberKind | undefined> {
    const { session } = this
    const { kind } = parseObjectId(id)
    const kindId = kindIdIn(id)
    if (this.#missingSince.has(kindId)) this.#askAnew()
    const lookup = await session.kinds.find(apiVersion, kind)
    if (lookup.found) {
      this.#missingSince.delete(kindId)
      return lookup.found
    }
    if (lookup.isUnknown) throw new Waiting(`The API group of ${kind} cannot be read`, unservedRetryMs)
    const waiting = this.#unserved.get(kindId) ?? new Set()
    this.#unserved.set(kindId, waiting.add(id))
    if (!this.#missingSince.has(kindId)) this.#missingSince.set(kindId, this.#deps.env.clock.monotonic())
    const message = `Cannot apply ${displayId(id)} to ${session.name}: it does not serve kind ${kind} of ${apiVersion}. A ClusterPropagationPolicy can send its CustomResourceDefinition there`
    this.#settle(id, { state: 'Failed', message })
    return undefined
  }

  /** What was read before a kind was missed is no answer any more; objects of one kind share one new reading. */
  #askAnew(): void {
    const now = this.#deps.env.clock.monotonic()
    if (now - this.#askedAnewAt < askAnewMs) return
    this.#askedAnewAt = now
    this.session.refreshKinds()
  }

  /** As long again as it has been missing: discovery lags behind an established definition. */
  #unservedRetryMs(kind: KindId): number {
    const now = this.#deps.env.clock.monotonic()
    const missingMs = now - (this.#missingSince.get(kind) ?? now)
    return Math.min(Math.max(missingMs, firstUnservedRetryMs), unservedRetryMs)
  }

  /** A CRD has become usable: its objects can be delivered now, or as soon as discovery tells of it. */
  #retryUnserved(definition: ObjectId): void {
    const { name } = parseObjectId(definition)
    this.session.refreshKinds()
    const group = name.slice(name.indexOf('.') + 1)
    for (const [kind, ids] of this.#unserved) {
      if (!kind.startsWith(`${group}/`)) continue
      this.#unserved.delete(kind)
      this.#missingSince.set(kind, this.#deps.env.clock.monotonic())
      for (const id of ids) this.enqueue(id)
    }
  }

  /** Followers go before their workload; one that failed holds nobody up. */
  #isHeldByFollowers(id: ObjectId, claims: readonly Claim[]): boolean {
    const now = this.#deps.env.clock.monotonic()
    if (this.session.row(id) !== undefined) return false
    const since = this.#heldSince.get(id) ?? now
    const pending = claims
      .filter(({ role }) => role === 'workload')
      .flatMap(({ binding }) => binding.spec.followers ?? [])
      .map(({ ref }) => objectIdOf(ref))
      .filter((follower) => !isSettled(this.session.outcomes.get(follower)))
    if (pending.length === 0 || now - since >= followerPatienceMs) {
      this.#heldSince.delete(id)
      return false
    }
    this.#heldSince.set(id, since)
    for (const follower of pending) {
      this.#waitingFor.set(follower, (this.#waitingFor.get(follower) ?? new Set()).add(id))
    }
    this.session.outcomes.set(id, { state: 'Pending', message: `Waits for ${pending.map(displayId).join(', ')}` })
    return true
  }

  /** A follower stays until the workload that no longer names it runs without it: old pods may still read it. */
  #isInUse(id: ObjectId): boolean {
    const users = this.#deps.intents.formerUsersOf(id, this.session.id).filter((user) => !this.#isUpToDate(user))
    if (users.length === 0) return false
    for (const user of users) this.#waitingFor.set(user, (this.#waitingFor.get(user) ?? new Set()).add(id))
    this.#settle(id, { state: 'Pending', message: `Waits until ${users.map(displayId).join(', ')} can do without it` })
    return true
  }

  /** What the template says now is applied, and nothing else runs any more. */
  #isUpToDate(workload: ObjectId): boolean {
    const template = this.#deps.intents.template(workload)
    const outcome = this.session.outcomes.get(workload)
    if (!template || outcome?.state !== 'Applied') return false
    if (outcome.generation !== (template.metadata.generation ?? 0)) return false
    return outcome.isFinished === true || this.session.row(workload)?.health.state === 'Healthy'
  }

  #settle(id: ObjectId, outcome: Outcome): void {
    if (this.#overtaken.has(id)) return
    this.session.outcomes.set(id, outcome)
    if (!isSettled(outcome)) return
    this.#wakeWaiting(id)
    this.#deps.onSettled(id)
  }

  #wakeWaiting(id: ObjectId): void {
    const waiting = this.#waitingFor.get(id)
    this.#waitingFor.delete(id)
    for (const other of waiting ?? []) this.enqueue(other)
  }

  #noteFailure(id: ObjectId, error: unknown): Result | void {
    if (error instanceof Waiting || error instanceof CelLoading || isSilence(error)) throw error
    if (isError(error, 'Conflict')) throw error
    if (isError(error)) {
      // Not the object's absence but the path's: its kind may have gone from the member.
      if (isError(error, 'NotFound') && !isAbsence(error)) this.session.refreshKinds()
      const message = `Cannot deliver ${displayId(id)} to ${this.session.name}: ${error.message}`
      this.#settle(id, { state: 'Failed', message })
      if (error.code === 'TooManyRequests') return { requeueAfterMs: (error.details.retryAfterSeconds ?? 1) * 1000 }
      throw new FlotillaError(error.code, message, error.details, { cause: error })
    }
    this.#settle(id, { state: 'Failed', message: 'Internal error' })
    throw error
  }
}

function isSettled(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome.state !== 'Pending'
}

function pauseOf(cluster: Cluster, isSuspended: boolean): string | undefined {
  if (cluster.spec.suspend === true) return 'The cluster is suspended'
  return isSuspended ? 'The policy suspends dispatching' : undefined
}

function pauseOfRemoval(cluster: Cluster, { isSuspended, isHeld }: WantedRemoval): string | undefined {
  return pauseOf(cluster, isSuspended) ?? (isHeld ? 'Its removal is held (RemovalHeld)' : undefined)
}

function withDropped(outcome: Outcome, dropped: readonly string[]): Outcome {
  if (outcome.state !== 'Applied' || dropped.length === 0 || outcome.message !== undefined) return outcome
  return { ...outcome, message: `FieldsDropped: the member's version of the kind has no ${dropped.join(', ')}` }
}

function isEstablished(id: ObjectId, status: Readonly<Record<string, unknown>>): boolean {
  if (!id.startsWith('apiextensions.k8s.io/CustomResourceDefinition/')) return false
  const conditions = status['conditions']
  return Array.isArray(conditions) && conditions.some((one) => one?.type === 'Established' && one?.status === 'True')
}
