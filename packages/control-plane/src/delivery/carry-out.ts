// Carries out planned steps on one member: reads, applies, lets go, deletes.
import { fieldManager } from '@flotilla/api/group'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject, ObjectKey, ObjectMeta } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import { isSilence } from '../members/contact.ts'
import { builtinSchemaOf, type MemberKind } from '../members/member-kinds.ts'
import type { MemberSession } from '../members/member-session.ts'
import { orphanObject } from '../members/orphan.ts'
import type { Outcome } from '../members/outcomes.ts'
import { isOurEntry } from '../members/row.ts'
import { displayId, parseObjectId, type ObjectId } from '../object-id.ts'
import { isAbsence } from '../absence.ts'
import { withAppliedHash } from './applied-hash.ts'
import { describeDrift, driftOf, yieldFields } from './drift.ts'
import type { Statement } from './intents.ts'
import { isImmutableChange, withWayOut } from './immutable.ts'
import { withoutMarks } from './marks.ts'
import { MemberNamespaces } from './member-namespaces.ts'
import type { Live, Step } from './plan.ts'
import { conflicted, Restore } from './restore.ts'
import { refusalText } from './refusal.ts'
import type { DeliverySettings } from './settings.ts'

export interface HoldRequest {
  readonly id: ObjectId
  readonly kind: MemberKind
  readonly statement: Statement
  readonly settings: DeliverySettings
  readonly signal: AbortSignal
}

type Target = Pick<HoldRequest, 'id' | 'kind' | 'signal'>

export interface RemoveRequest extends Target {
  /** False once it is wanted again, or otherwise: asked right before the write. */
  readonly isDue: () => boolean
}

export interface Held {
  readonly outcome: Outcome
  readonly retryAfterMs?: number
}

/** Given what a live read found (undefined: none was made yet), what to do. */
export type Plan = (live: Live | undefined) => Step

/** What a live read gave: the object for us, the facts for the plan. */
interface Reading {
  readonly object: KubeObject | undefined
  readonly live: Live
}

export type ApplyStep = Extract<Step, { kind: 'apply' }>
type DeleteStep = Extract<Step, { kind: 'delete' }>

/** What the member made of our last apply: no schema of ours knows it better. */
export interface Accepted {
  readonly hash: string
  readonly owned: string | undefined
}

/** An apply names every unknown field anyway: all that validation adds is that its text is read a second time. */
const applyOptions = { fieldManager, fieldValidation: 'Ignore' } as const

/** The last one that API servers can count to: applied with it, an object is created if there is none, and only then. */
const unusedVersion = '9223372036854775807'

export class CarryOut {
  readonly #session: MemberSession
  /** Writes nothing without our claim on the member. */
  readonly #api: KubeApi
  readonly #hubId: string
  readonly #mayWrite: () => boolean
  readonly #accepted = new Map<ObjectId, Accepted>()
  readonly restores: Restore
  /** Applies without an answer: what the cache holds may be what was there before them. */
  readonly #unanswered = new Set<ObjectId>()
  readonly #namespaces: MemberNamespaces

  constructor(env: Env, session: MemberSession, hubId: string, mayWrite: () => boolean) {
    this.#session = session
    this.#hubId = hubId
    this.#mayWrite = mayWrite
    this.#api = session.checkedApi(() => this.#checkFence())
    this.#namespaces = new MemberNamespaces(this.#api, hubId)
    this.restores = new Restore(env, session, {
      accepted: this.#accepted,
      read: async (request) => (await this.#read(request, request.statement)).object,
      send: (request, step, stated) => this.#send(request, step, stated),
      schema: (kind) => this.#schema(kind),
    })
  }

  /** The field set that we owned right after stating what has this hash; undefined: not stated since the start. */
  ownedAfter(id: ObjectId, hash: string): string | undefined {
    const accepted = this.#accepted.get(id)
    return accepted?.hash === hash ? accepted.owned : undefined
  }

  async hold(request: HoldRequest, plan: Plan): Promise<Held> {
    let reading = this.#unanswered.has(request.id) ? await this.#readUnanswered(request) : undefined
    let step = plan(reading?.live)
    const created = isCreation(step) ? await this.#create(request, step) : undefined
    if (created) return created
    if (step.kind === 'get' || isCreation(step)) {
      reading = await this.#read(request, request.statement)
      step = plan(reading.live)
    }
    switch (step.kind) {
      case 'done':
        this.restores.noteCalm(request.id)
        return { outcome: reading?.live.found === false ? finished(request) : applied(request) }
      case 'apply':
        return this.#apply(request, step, reading)
      case 'report':
        return this.#report(request, reading)
      case 'conflicted':
        return this.#nameRival(request, step.retryAfterMs)
      case 'refuse':
        return { outcome: this.#refuse(request, step.reason, reading?.object) }
      case 'wait':
        return {
          outcome: { state: 'Pending', message: 'The copy on the member is being deleted' },
          retryAfterMs: 5_000,
        }
      default:
        throw new FlotillaError('Internal', `Cannot hold ${displayId(request.id)}: step ${step.kind} makes no sense`)
    }
  }

  async remove(request: RemoveRequest, plan: Plan): Promise<Outcome> {
    const reading = await this.#read(request, undefined)
    const step = plan(reading.live)
    switch (step.kind) {
      case 'delete':
        return this.#delete(request, step)
      case 'orphan':
        if (reading.object) await this.#orphan(request, reading.object)
        return { state: 'Removed' }
      case 'keep':
        return { state: 'Removed', message: `Orphaned: ${displayId(request.id)} is never deleted by itself` }
      case 'wait':
        return { state: 'Pending', message: 'The copy on the member is being deleted' }
      default:
        return { state: 'Removed' }
    }
  }

  async #read({ id, kind, signal }: Target, statement: Statement | undefined): Promise<Reading> {
    try {
      const object = await this.#api.get(kind.resource, keyOfId(id), { signal })
      return { object, live: this.#judge(object, kind, statement) }
    } catch (error) {
      if (isAbsence(error)) return { object: undefined, live: { found: false } }
      throw error
    }
  }

  async #readUnanswered(request: HoldRequest): Promise<Reading> {
    const reading = await this.#read(request, request.statement)
    this.#unanswered.delete(request.id)
    if (reading.object) this.#session.noteWritten(request.id, reading.object)
    return reading
  }

  #judge(object: KubeObject, kind: MemberKind, statement: Statement | undefined): Live {
    const row = this.#session.project(object)
    const isOurs = row.hub === this.#hubId || (row.hub === undefined && row.owned !== undefined)
    const isIdentical = !isOurs && statement !== undefined && this.#differences(object, kind, statement).length === 0
    return { found: true, row, isOurs, isIdentical }
  }

  #differences(object: KubeObject, kind: MemberKind, statement: Statement) {
    const bare = withoutMarks(statement.render().object)
    return driftOf(bare, object, this.#schema(kind))
  }

  #schema({ schema, resource }: MemberKind): KindSchema {
    return schema ?? builtinSchemaOf(apiVersionOf(resource), resource.kind) ?? untypedSchema
  }

  async #apply(request: HoldRequest, step: ApplyStep, reading: Reading | undefined): Promise<Held> {
    if (step.why === 'restore') return this.restores.restore(request, step, reading?.object)
    const stated = request.statement.render().object
    try {
      return await this.#send(request, step, stated)
    } catch (error) {
      if (step.force || !isFieldConflict(error)) throw error
      if (step.why !== 'update') throw new Waiting(`${displayId(request.id)} has just been changed by somebody else`, 0)
    }
    return this.#settleConflict(request, step, stated)
  }

  /** Another manager owns a field that we state: take it back, or leave it, as the policy says. */
  async #settleConflict(request: HoldRequest, step: ApplyStep, stated: KubeObject): Promise<Held> {
    const { object } = await this.#read(request, request.statement)
    if (!object) throw new Waiting(`${displayId(request.id)} has just gone`, 0)
    const before = this.#session.row(request.id)
    const row = this.#session.noteWritten(request.id, object)
    // A scaler may just have taken over: what we state is rendered again, knowing it.
    if (before && row.replicaOwners.length !== before.replicaOwners.length) {
      throw new Waiting(`${displayId(request.id)}: others own its replicas now`, 0)
    }
    const { settings, kind } = request
    const yields = { ignored: settings.ignoreFields, yieldsChanges: settings.drift === 'Report' }
    const own = yieldFields(stated, object, this.#schema(kind), yields)
    const held = await this.#send(request, { ...step, force: true }, own)
    return settings.drift === 'Report' ? this.#report(request, { object, live: { found: false } }) : held
  }

  /**
   * Undefined when that is refused: something is there, whoever's it is, and stays as it is. Or the member takes no
   * version for what it has not got, which some say by a failure without a reason.
   */
  async #create(request: HoldRequest, step: ApplyStep): Promise<Held | undefined> {
    try {
      return await this.#send(request, step, request.statement.render().object, { resourceVersion: unusedVersion })
    } catch (error) {
      if (isError(error, 'Conflict', 'AlreadyExists', 'Unknown')) return undefined
      throw error
    }
  }

  /** `identity`: metadata that what is there must have. */
  async #send(
    { id, kind, statement, signal }: HoldRequest,
    step: ApplyStep,
    stated: KubeObject,
    identity: Pick<ObjectMeta, 'uid' | 'resourceVersion'> = step.uid === undefined ? {} : { uid: step.uid },
  ): Promise<Held> {
    if (step.why === 'create' && (await this.#session.identity.confirm()) === false) {
      throw new Waiting(`Another cluster answers at the address of ${this.#session.name}`, 5_000)
    }
    await this.#namespaces.ensure(parseObjectId(id).namespace, signal)
    const marked = withAppliedHash(stated, statement.hash)
    const object = { ...marked, metadata: { ...marked.metadata, ...identity } }
    const answer = await this.#api
      .apply(kind.resource, object, { ...applyOptions, force: step.force, signal })
      .catch((error: unknown) => this.#noteRefusal(id, error))
    if (step.why === 'create' && !answer.created && isSomebodyElses(answer.object)) {
      // Somebody was faster: it is theirs, and what becomes of it is the policy's to say, as it was without us.
      await this.#undo(kind, answer.object, signal)
      throw new Waiting(`${displayId(id)} was created by somebody else just now`, 0)
    }
    const row = this.#session.noteWritten(id, answer.object)
    this.#accepted.set(id, { hash: statement.hash, owned: row.owned })
    return { outcome: { state: 'Applied', generation: statement.templateGeneration } }
  }

  /**
   * Applying nothing takes back what our apply alone had added. Not checked: a mark of ours that stayed on what is
   * somebody else's would later count as evidence that it is ours.
   */
  async #undo(
    { resource }: MemberKind,
    { apiVersion, kind, metadata }: KubeObject,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, namespace, uid = '' } = metadata
    const bare = { apiVersion, kind, metadata: { name, uid, ...(namespace === undefined ? {} : { namespace }) } }
    await this.#session.api.apply(resource, bare, { fieldManager, force: false, signal })
  }

  async #report(request: HoldRequest, reading: Reading | undefined): Promise<Held> {
    const object = reading?.object ?? (await this.#read(request, request.statement)).object
    if (!object) throw new Waiting(`${displayId(request.id)} has just gone`, 0)
    const { statement, settings, kind } = request
    const stated = statement.render().object
    const drift = driftOf(withoutMarks(stated), object, this.#schema(kind), settings.ignoreFields)
    const outcome = applied(request)
    return { outcome: drift.length === 0 ? outcome : { ...outcome, drift: describeDrift(drift) } }
  }

  async #nameRival(request: HoldRequest, retryAfterMs: number): Promise<Held> {
    const { object } = await this.#read(request, request.statement)
    const drift = object ? this.#differences(object, request.kind, request.statement) : []
    return conflicted(request.id, drift, retryAfterMs)
  }

  #refuse(
    { id, kind, statement }: HoldRequest,
    reason: 'Abort' | 'NotIdentical',
    object: KubeObject | undefined,
  ): Outcome {
    const isCompared = reason === 'NotIdentical' && object !== undefined
    const differences = isCompared ? this.#differences(object, kind, statement) : undefined
    return { state: 'Failed', message: refusalText(id, this.#session.name, object, differences) }
  }

  /** Throws Conflict when the object is not just as it was read: it is then read again. */
  async #delete(request: RemoveRequest, { uid, resourceVersion }: DeleteStep): Promise<Outcome> {
    const { id, kind, signal } = request
    const options = { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background', signal } as const
    try {
      const left = await this.#apiWhileDue(request).delete(kind.resource, keyOfId(id), options)
      this.#accepted.delete(id)
      // Finalizers and grace periods hold objects back.
      if (left?.metadata.deletionTimestamp === undefined) return { state: 'Removed' }
      return { state: 'Pending', message: 'The copy on the member is being deleted' }
    } catch (error) {
      if (isAbsence(error)) return { state: 'Removed' }
      throw error
    }
  }

  async #orphan(request: RemoveRequest, object: KubeObject): Promise<void> {
    await orphanObject(this.#apiWhileDue(request), request.kind.resource, object)
    this.#accepted.delete(request.id)
  }

  #apiWhileDue({ id, isDue }: RemoveRequest): KubeApi {
    return this.#session.checkedApi(() => {
      this.#checkFence()
      if (!isDue()) throw new Waiting(`${displayId(id)} is no longer to be removed as it was`, 0)
    })
  }

  #checkFence(): void {
    if (!this.#mayWrite()) throw new Waiting(`The claim on ${this.#session.name} is not held`, 1_000)
  }

  /** The namespace may be what is missing: it is looked for again with the next try. */
  #noteRefusal(id: ObjectId, error: unknown): never {
    if (error instanceof Waiting) throw error
    if (!isError(error) || isSilence(error)) this.#unanswered.add(id)
    if (isError(error, 'NotFound', 'Forbidden')) this.#namespaces.forget(parseObjectId(id).namespace)
    throw isImmutableChange(error) ? withWayOut(error, id) : error
  }
}

/** A kind of which nothing is known: maps by field, lists whole. */
const untypedSchema: KindSchema = {
  root: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  resolve: () => undefined,
}

function applied({ statement }: HoldRequest): Outcome {
  return { state: 'Applied', generation: statement.templateGeneration }
}

/** It ran to its end under this template and is gone: it is not run again. */
function finished(request: HoldRequest): Outcome {
  return { ...applied(request), isFinished: true, message: 'It has run to its end and is gone from the member' }
}

function keyOfId(id: ObjectId): ObjectKey {
  const { namespace, name } = parseObjectId(id)
  return namespace === '' ? { name } : { namespace, name }
}

function isCreation(step: Step): step is ApplyStep {
  return step.kind === 'apply' && step.why === 'create'
}

function isFieldConflict(error: unknown): boolean {
  return (
    isError(error, 'Conflict') && (error.details.causes ?? []).some(({ reason }) => reason === 'FieldManagerConflict')
  )
}

/** Others own fields of the object beside us: it was not made by our apply. */
function isSomebodyElses({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some((entry) => !isOurEntry(entry) && !entry.subresource)
}
