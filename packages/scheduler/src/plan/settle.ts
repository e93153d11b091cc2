// Plays decisions out to their end: what grows becomes ready, what waited for it leaves, what finds room then grows.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import { isGrowing } from '../holding.ts'
import { compareTurns } from '../order.ts'
import { schedule } from '../schedule.ts'
import { mapSteps, runSteps } from '../steps.ts'
import { waitsForRoom } from '../waits-for-room.ts'
import { type Fleet, lackingOn, mayRun, type NeighboursNow, type Work } from './fleet.ts'
import { Rooms } from './rooms.ts'
import { prepareWaves, type Wave } from './waves.ts'

/** One work as the plan goes on. */
interface Player {
  readonly work: Work
  readonly isGrowthReady: boolean
  readonly decision: Decision | undefined
  /** By cluster id. */
  readonly running: ReadonlyMap<string, number>
}

/** Far more than any fleet takes: a move is over in two, and each frees room for those that waited for it. */
const mostWaves = 100

export interface Settled {
  /** As it will be once nothing moves any more. */
  readonly fleet: Fleet
  /** How it comes to be so: each begins once the one before is over. */
  readonly waves: readonly Wave[]
}

/**
 * Works are asked as the scheduler asks them: all of them once, then those that move and those that wait for room. What
 * one is given takes its room before the next is asked. In steps of about a decision each.
 * Throws Internal when decisions never come to rest, BadRequest for selectors that admission refuses.
 */
export function* settleSteps(fleet: Fleet): Generator<void, Settled> {
  const rooms = new Rooms(fleet.clusters, fleet.book)
  const neighbours = fleet.prepareNeighbours?.()
  const waves = prepareWaves(fleet)
  let players: readonly Player[] = fleet.works.toSorted(compareTurns).map(toPlayer)
  for (const { work, decision } of players) neighbours?.tell(work.key, decision)
  let asked: ReadonlySet<string> = new Set(players.map(({ work }) => work.key))
  for (let wave = 0; asked.size > 0; wave += 1) {
    if (wave === mostWaves) throw unsettled(asked)
    const concerned = new Set<string>()
    const before = players
    const arrived = yield* mapSteps(before, (player) => arrive(player, rooms))
    const decided: Player[] = []
    for (const player of arrived) {
      if (asked.has(player.work.key)) yield
      decided.push(asked.has(player.work.key) ? decideNow(player, concerned) : player)
    }
    players = yield* mapSteps(decided, (player) => leave(player, rooms))
    // What has room already when the plan begins is on its way without it.
    waves.follow(wave === 0 ? arrived : before, players)
    asked = nextAsked(before, players, rooms, concerned)
  }
  const works = yield* mapSteps(players, toWork)
  return { fleet: { ...fleet, clusters: rooms.snapshot().clusters, works }, waves: waves.all }

  function decideNow(player: Player, concerned: Set<string>): Player {
    const decided = decide(player, rooms, neighbours)
    if (decided === player) return player
    for (const key of neighbours?.tell(player.work.key, decided.decision) ?? []) concerned.add(key)
    return arrive(decided, rooms)
  }
}

/** The fleet as it will be once nothing moves any more. Throws as `settleSteps` does. */
export function settle(fleet: Fleet): Fleet {
  return runSteps(settleSteps(fleet)).fleet
}

/** Those that changed, those whose neighbours did, and those that wait for room; nobody once nothing has changed. */
function nextAsked(
  before: readonly Player[],
  players: readonly Player[],
  rooms: Rooms,
  concerned: ReadonlySet<string>,
): ReadonlySet<string> {
  const changed = players.filter((player, index) => player !== before[index])
  if (changed.length === 0) return new Set()
  const waiting = players.filter(
    ({ work, decision }) =>
      decision !== undefined && work.removal === undefined && waitsForRoom(work.request, decision, rooms.snapshot()),
  )
  return new Set([...concerned, ...[...changed, ...waiting].map(({ work }) => work.key)])
}

function toPlayer(work: Work): Player {
  const { previous, isGrowthReady } = work.request
  const running = new Map(
    (previous?.clusters ?? []).map((entry) => [
      entry.id,
      Math.max(0, mayRun(entry) - (work.unready.get(entry.id) ?? 0)),
    ]),
  )
  return { work, isGrowthReady, decision: work.removal === 'Deleted' ? withoutClusters(previous) : previous, running }
}

function withoutClusters(previous: Decision | undefined): Decision | undefined {
  if (previous === undefined) return undefined
  const { shortfall: _, ...decision } = previous
  return { ...decision, clusters: [] }
}

function toWork({ work, isGrowthReady, decision, running }: Player): Work {
  const clusters = decision?.clusters ?? []
  const unready = clusters.map((entry) => [entry.id, mayRun(entry) - (running.get(entry.id) ?? 0)] as const)
  const request = { ...work.request, isGrowthReady, ...(decision === undefined ? {} : { previous: decision }) }
  return { ...work, request, unready: new Map(unready.filter(([, replicas]) => replicas > 0)) }
}

/** `player` itself when nothing else is decided than before. */
function decide(player: Player, rooms: Rooms, neighbours: NeighboursNow | undefined): Player {
  const { work, isGrowthReady, decision } = player
  if (work.policy === undefined || work.removal !== undefined) return player
  const beside = neighbours?.of(work.key)
  const request = {
    ...work.request,
    isGrowthReady,
    ...(beside && { neighbours: beside }),
    ...(decision && { previous: decision }),
  }
  const next = schedule(request, rooms.snapshot(), { trigger: 'Plan' })
  return next === decision ? player : { ...player, decision: next }
}

/** Replicas that find room are there. `player` itself when none do. */
function arrive(player: Player, rooms: Rooms): Player {
  const { replicas, requirements } = player.work.request
  const running = new Map(player.running)
  for (const entry of player.decision?.clusters ?? []) {
    const { id } = entry
    const gap = gapOn(entry, running)
    if (gap === 0) continue
    const come = replicas === undefined ? (rooms.isAvailable(id) ? gap : 0) : rooms.seat(id, requirements, gap)
    if (come > 0) running.set(id, (running.get(id) ?? 0) + come)
  }
  return withRunning(player, running)
}

/** Replicas that may go have gone. `player` itself when none may. */
function leave(player: Player, rooms: Rooms): Player {
  const { replicas, requirements } = player.work.request
  const entries = new Map((player.decision?.clusters ?? []).map((entry) => [entry.id, entry]))
  const running = new Map<string, number>()
  for (const [id, now] of player.running) {
    const entry = entries.get(id)
    const kept = Math.min(now, entry === undefined ? 0 : mayRun(entry))
    if (replicas !== undefined && now > kept) rooms.leave(id, requirements, now - kept)
    if (kept > 0) running.set(id, kept)
  }
  return withRunning(player, running)
}

function withRunning(player: Player, running: ReadonlyMap<string, number>): Player {
  const growing = (player.decision?.clusters ?? []).filter(isGrowing)
  const isGrowthReady = growing.every((entry) => gapOn(entry, running) === 0)
  const isSame =
    isGrowthReady === player.isGrowthReady &&
    running.size === player.running.size &&
    [...running].every(([id, replicas]) => player.running.get(id) === replicas)
  return isSame ? player : { ...player, isGrowthReady, running }
}

function gapOn(entry: DecidedCluster, running: ReadonlyMap<string, number>): number {
  return lackingOn(entry, running.get(entry.id) ?? 0)
}

function unsettled(asked: ReadonlySet<string>): FlotillaError {
  const what = `${asked.size} of them, among them that of ${[...asked][0]}`
  return new FlotillaError('Internal', `Cannot plan: decisions do not come to rest after ${mostWaves} steps; ${what}`)
}
