// Takes back fields of ours that others have taken, as often as makes sense: see `fights.ts`.
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import type { MemberKind } from '../members/member-kinds.ts'
import type { MemberSession } from '../members/member-session.ts'
import type { Row } from '../members/row.ts'
import { displayId, type ObjectId } from '../object-id.ts'
import { withAppliedHash } from './applied-hash.ts'
import type { Accepted, ApplyStep, Held, HoldRequest } from './carry-out.ts'
import { describeDrift, driftOf, withoutFieldsOf, yieldFields, type FieldDrift } from './drift.ts'
import { Fights, nobody, type Truce } from './fights.ts'
import { withoutMarks } from './marks.ts'
import { ownedDigest } from './owned-fields.ts'

/** How the object is read and written. */
export interface Hands {
  readonly accepted: Map<ObjectId, Accepted>
  read(request: HoldRequest): Promise<KubeObject | undefined>
  send(request: HoldRequest, step: ApplyStep, stated: KubeObject): Promise<Held>
  schema(kind: MemberKind): KindSchema
}

export class Restore {
  readonly #env: Env
  readonly #session: MemberSession
  readonly #hands: Hands
  readonly #fights = new Fights()

  constructor(env: Env, session: MemberSession, hands: Hands) {
    this.#env = env
    this.#session = session
    this.#hands = hands
  }

  /** With others who kept taking fields of the object. */
  truce(id: ObjectId): Truce | undefined {
    return this.#fights.truce(id, this.#env.clock.monotonic())
  }

  /** All is as we state it. */
  noteCalm(id: ObjectId): void {
    this.#fights.forget(id, this.#env.clock.monotonic())
  }

  /** `read`: the object, where it has been read just now. */
  async restore(request: HoldRequest, step: ApplyStep, read: KubeObject | undefined): Promise<Held> {
    const wait = this.#session.restores.take(request.signal)
    if (wait) await wait
    const { id, settings, statement } = request
    const now = this.#env.clock.monotonic()
    const stated = statement.render().object
    if (settings.ignoreFields.length === 0 && this.#fights.isCalm(id, now)) {
      this.#fights.noteBlind(id, now)
      return this.#hands.send(request, step, stated)
    }
    const object = read ?? (await this.#hands.read(request))
    if (!object) throw new Waiting(`${displayId(id)} has just gone`, 0)
    const schema = this.#hands.schema(request.kind)
    const own = yieldFields(stated, object, schema, { ignored: settings.ignoreFields, yieldsChanges: false })
    const row = this.#session.project(object)
    if (ownedDigest(withAppliedHash(own, ''), schema) === row.owned) {
      this.#hands.accepted.set(id, { hash: statement.hash, owned: row.owned })
      return { outcome: { state: 'Applied', generation: statement.templateGeneration } }
    }
    return this.#takeBack(request, step, own, object, row)
  }

  /** But for what is left to those who kept taking it. */
  async #takeBack(
    request: HoldRequest,
    step: ApplyStep,
    stated: KubeObject,
    object: KubeObject,
    row: Row,
  ): Promise<Held> {
    const { id, kind } = request
    const now = this.#env.clock.monotonic()
    const drift = driftOf(withoutMarks(stated), object, this.#hands.schema(kind))
    // What was changed and changed back is nobody's, and still to be owned again.
    const takers = [...new Set(drift.length === 0 ? [nobody] : drift.map(({ manager = nobody }) => manager))]
    const rivals = this.#fights.rivals(id, takers, now)
    const others = takers.filter((taker) => !rivals.has(taker))
    if (rivals.size === 0) {
      this.#fights.noteRestore(id, others, now)
      return this.#hands.send(request, step, stated)
    }
    const known = this.#hands.accepted.get(id)
    let { owned } = row
    if (others.length > 0) {
      this.#fights.noteRestore(id, others, now)
      await this.#hands.send(
        request,
        step,
        withoutFieldsOf(new Set(rivals.keys()), stated, object, this.#hands.schema(kind)),
      )
      owned = this.#session.row(id)?.owned
      // Not all that we state: what is missing is to be seen as drift once the truce is over.
      if (known) this.#hands.accepted.set(id, known)
      else this.#hands.accepted.delete(id)
    }
    this.#fights.agree(id, owned, rivals, now)
    const left = drift.filter(({ manager = nobody }) => rivals.has(manager))
    return conflicted(id, left, Math.min(...rivals.values()))
  }
}

export function conflicted(id: ObjectId, drift: readonly FieldDrift[], retryAfterMs: number): Held {
  const managers = [...new Set(drift.flatMap(({ manager }) => manager ?? []))]
  const who = managers.length > 0 ? managers.join(', ') : 'somebody'
  const again = `It is left so for ${Math.ceil(retryAfterMs / 1000)} s`
  const way = 'Next: stop that writer, or name the field in drift.ignoreFields of the policy'
  const message = `Conflicted: ${who} keeps changing ${displayId(id)}: ${describeDrift(drift)}. ${again}. ${way}`
  return { outcome: { state: 'Failed', message, drift: describeDrift(drift) }, retryAfterMs }
}
