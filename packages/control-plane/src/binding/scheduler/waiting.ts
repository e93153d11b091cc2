// Who waits for room. What comes free is for the most important first, then for those that have waited longest: before
// a binding takes some, those ahead of it are asked that might be given it.
import type { Change, Source } from '@flotilla/runtime/source'
import type { Turn } from '@flotilla/scheduler/order'
import type { Requirements } from '@flotilla/scheduler/requirements'
import type { Binding } from '../../hub.ts'
import { requirementsOf } from '../../requirements.ts'
import { turnOf } from '../../turn.ts'
import { DueTurns } from './due-turns.ts'

/** How many replicas of the kind that is asked for fit on a cluster. */
export type RoomOn = (clusterId: string, requirements: Requirements | undefined) => number

interface Waiter {
  readonly turn: Turn
  readonly requirements: Requirements | undefined
}

/**
 * After so many times a binding goes ahead: keys come in any order and may be held back after errors, so that giving way
 * for ever would be possible.
 */
const mostTurnsGiven = 16

export class Waiting {
  readonly #roomOn: RoomOn
  /** Not asked since they were first seen, by priority. They are queued: nobody needs to call them. */
  readonly #fresh = new Map<number, Set<string>>()
  readonly #waiters = new Map<string, Waiter>()
  /** Of the waiters those that have not been asked since room came free for them. */
  readonly #due = new DueTurns()
  /** Ids of clusters. */
  readonly #freed = new Set<string>()
  readonly #given = new Map<string, number>()
  readonly #listeners = new Set<(change: Change<undefined>) => void>()

  constructor(roomOn: RoomOn) {
    this.#roomOn = roomOn
  }

  /** Keys of those that are called because somebody behind them was about to take room. */
  readonly calls: Source<undefined> = {
    onChange: (listener) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    },
    synced: () => Promise.resolve(),
    hasSynced: true,
  }

  /** A binding that was seen for the first time and is queued. */
  meet(binding: Binding): void {
    const { priority, key } = turnOf(binding)
    const others = this.#fresh.get(priority)
    if (others) others.add(key)
    else this.#fresh.set(priority, new Set([key]))
  }

  /** It is about to be asked: nobody gives way to it any more. */
  ask(key: string): void {
    for (const [priority, keys] of this.#fresh) {
      if (keys.delete(key) && keys.size === 0) this.#fresh.delete(priority)
    }
    this.#waiters.delete(key)
    this.#due.delete(key)
  }

  /** It has been decided. If it waits, it does so from now on, and has been given what there is. */
  settle(binding: Binding, waits: boolean): void {
    const turn = turnOf(binding)
    this.#given.delete(turn.key)
    if (waits) this.#hold(binding, turn)
  }

  /** It is gone. */
  forget(key: string): void {
    this.ask(key)
    this.#given.delete(key)
  }

  /** There may be more room on the cluster of that id than there was. */
  free(clusterId: string): void {
    if (this.#waiters.size > 0) this.#freed.add(clusterId)
  }

  /**
   * Whether `binding`, which was about to take room, has to ask again because others come first. Those are called, and
   * so queued before it if it is queued next; until then it waits like them.
   */
  givesWay(binding: Binding): boolean {
    const turn = turnOf(binding)
    this.#findDue()
    const ahead = this.#due.before(turn)
    const given = this.#given.get(turn.key) ?? 0
    const isBehind = ahead.length > 0 || [...this.#fresh.keys()].some((priority) => priority > turn.priority)
    if (!isBehind || given === mostTurnsGiven) return false
    this.#given.set(turn.key, given + 1)
    this.#hold(binding, turn)
    this.#due.add([turn])
    for (const { key } of ahead) for (const listener of this.#listeners) listener({ key })
    return true
  }

  #hold({ spec }: Binding, turn: Turn): void {
    const requirements = requirementsOf(spec)
    this.#waiters.set(turn.key, { turn, requirements })
  }

  #findDue(): void {
    if (this.#freed.size === 0) return
    const freed = [...this.#freed]
    const found: Turn[] = []
    for (const { turn, requirements } of this.#waiters.values()) {
      if (!this.#due.has(turn.key) && freed.some((id) => this.#roomOn(id, requirements) > 0)) found.push(turn)
    }
    if (found.length > 0) this.#due.add(found)
    this.#freed.clear()
  }
}
