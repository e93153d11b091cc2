// Spreads a division over failure domains: which of them are used, and how many replicas each may have.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { type Candidate, heldBy } from '../candidate.ts'
import type { Share } from '../divide.ts'
import { chooseForCopies, chooseUnits, limitsOf, type UnitChoice } from './choose-units.ts'
import { countIn, type Levels } from './divide-in-domains.ts'
import { explainSpread } from './explain-spread.ts'
import { divideAmongGroups } from './fill-groups.ts'
import { type Level, nestLevels } from './nest.ts'
import { nextOf } from './prices.ts'
import type { Limit } from './reach.ts'
import { levelEvenly } from './skew.ts'
import type { Offer, Packing } from './unit.ts'
import { floorsOf } from './value.ts'

export interface Division {
  /** Replicas by place in the list of candidates. */
  readonly counts: readonly number[]
  /** Why domains take no more, e.g. `region eu is at its 60 % (6)`. */
  readonly reasons: readonly string[]
  /** What was asked and cannot be, beside replicas that have no place. */
  readonly unmet?: string
  /** Places of candidates in domains that are not used. */
  readonly unused: ReadonlySet<number>
  /** 0: no choice of domains is better. */
  readonly gap: number
}

interface Spread {
  readonly replicas: number
  readonly levels: readonly Level[]
  readonly limits: readonly Limit[]
  readonly shares: readonly Share[]
  /** Places of clusters that may not grow: what leaves them does not come back. */
  readonly keepsOnly: ReadonlySet<number>
  readonly packing: Packing
}

/** The domains of all constraints must nest; see `describeCrossing`. `isPacked`: as few as suffice are used. */
export function divideSpread(
  replicas: number,
  constraints: readonly SpreadConstraint[],
  candidates: readonly Candidate[],
  isPacked: boolean,
): Division {
  const packing = packingOf(isPacked, candidates)
  const levels = nestLevels(
    packing === 'PackedByCost' ? downToClusters(constraints) : constraints,
    candidates.map(({ judged }) => judged.cluster),
  )
  if (replicas === 0) return spreadNothing(levels, candidates)
  const limits = limitsOf(levels, replicas)
  const offers = candidates.map(toOffer)
  const shares = candidates.map(({ share }) => share)
  const keepsOnly = new Set(candidates.keys().filter((index) => mayOnlyKeep(candidates[index])))
  const spread = { replicas, levels, limits, shares, keepsOnly, packing }
  const { choice, counts } = chooseAndDivide(spread, offers)
  const inUse = membersOf(choice)
  const minima = new Map(
    candidates.flatMap(({ judged, share }, index) =>
      share.min > 0 ? [[index, `${judged.cluster.name} wants ${share.min}`] as const] : [],
    ),
  )
  return {
    counts,
    unused: othersThan(inUse, candidates),
    gap: choice.gap,
    ...explainSpread({ replicas, levels: levels.slice(0, constraints.length), limits, offers, inUse, counts }, minima),
  }
}

function packingOf(isPacked: boolean, candidates: readonly Candidate[]): Packing {
  if (!isPacked) return 'Open'
  return candidates.some(({ judged }) => judged.costs !== undefined) ? 'PackedByCost' : 'Packed'
}

/** Clusters lie in all domains, so they come last when constraints are put in order. */
function downToClusters(constraints: readonly SpreadConstraint[]): readonly SpreadConstraint[] {
  const hasClusters = constraints.some(({ spreadByField }) => spreadByField === 'cluster')
  return hasClusters ? constraints : [...constraints, { spreadByField: 'cluster' }]
}

/** Without replicas room does not matter: where the template is, then where the mode would have it. */
function spreadNothing(levels: readonly Level[], candidates: readonly Candidate[]): Division {
  const offers = candidates.map(({ judged, share, isUsable }) => ({
    held: judged.holding === undefined ? 0 : 1,
    room: isUsable ? 1 : 0,
    weight: isUsable ? 1 : 0,
    tie: share.tie,
  }))
  const choice = chooseForCopies(levels, offers)
  const unused = othersThan(membersOf(choice), candidates)
  return { counts: candidates.map(() => 0), reasons: [], unused, gap: choice.gap }
}

/** Without a limit a cluster is asked what it could have if it could grow. */
function mayOnlyKeep(candidate: Candidate | undefined): boolean {
  return candidate !== undefined && candidate.judged.objections.length > 0 && candidate.judged.limit < Infinity
}

/** Where somebody asked for a minimum counts like where replicas are. */
function toOffer({ judged, share, isReturning }: Candidate): Offer {
  const { weight, min, max, tie, steps } = share
  const held = Math.max(isReturning ? 0 : heldBy(judged), min)
  return { held, room: weight > 0 ? max : min, weight, tie, tier: judged.tier, ...(steps ? { steps } : {}) }
}

export function membersOf({ used }: UnitChoice): ReadonlySet<number> {
  return new Set(used.flatMap(({ members }) => members))
}

function othersThan(inUse: ReadonlySet<number>, candidates: readonly Candidate[]): ReadonlySet<number> {
  return new Set(candidates.keys().filter((index) => !inUse.has(index)))
}

/**
 * A domain that is used because it holds replicas and ends with none is no better than others: chosen again without
 * regard to what it holds, or the next decision would choose otherwise. Nor has it room any more where it may only keep
 * what it holds.
 */
function chooseAndDivide(spread: Spread, offers: readonly Offer[]) {
  const { replicas, levels, limits, keepsOnly, packing } = spread
  let current = offers
  for (;;) {
    const choice = chooseUnits(replicas, levels, limits, current, packing)
    const counts = divide(spread, choice, current)
    const empty = choice.used.filter((unit) => countIn(counts, unit) === 0).flatMap(({ members }) => members)
    const left = new Set(empty.filter((index) => isLess(without(index), current[index])))
    if (left.size === 0 || choice.used.length === choice.problem.units.length) return { choice, counts }
    current = current.map((offer, index) => (left.has(index) ? { ...offer, ...without(index) } : offer))
  }

  /** What the cluster offers once it has no replicas. */
  function without(index: number) {
    return { held: 0, room: keepsOnly.has(index) ? 0 : (offers[index]?.room ?? 0) }
  }
}

function isLess(one: Pick<Offer, 'held' | 'room'>, other: Offer | undefined): boolean {
  return other !== undefined && (one.held < other.held || one.room < other.room)
}

function divide(spread: Spread, choice: UnitChoice, offers: readonly Offer[]): readonly number[] {
  const { replicas, limits, shares } = spread
  if (choice.used.length === 0) return shares.map(() => 0)
  const bounds = boundsOf(spread, membersOf(choice), offers)
  const level = limits.findIndex(({ maxSkew }) => maxSkew < Infinity)
  const { maxSkew = Infinity } = limits[level] ?? {}
  const floors = floorsOf(choice.problem, choice.used)
  const levels = level < 0 ? bounds : levelEvenly(replicas, shares, bounds, { level, maxSkew, floors })
  const least = limits.map((limit) => Math.min(limit.least, replicas))
  return divideAmongGroups(replicas, shares, levels, least, ({ members }) => ({
    held: members.reduce((sum, member) => sum + (offers[member]?.held ?? 0), 0),
    ...nextOf(offers, members),
    weight: members.reduce((sum, member) => sum + (offers[member]?.weight ?? 0), 0),
    tie: Math.min(...members.map((member) => offers[member]?.tie ?? 0)),
  }))
}

/** Of the clusters that are used: what each domain may have at most, of what those inside it may have. */
function boundsOf({ levels, limits }: Spread, inUse: ReadonlySet<number>, offers: readonly Offer[]): Levels {
  const rooms = offers.map(({ room }) => room)
  return levels
    .map(({ domains }, level) => ({ domains, cap: limits[level]?.cap ?? Infinity }))
    .reverse()
    .map(({ domains, cap }) =>
      domains.flatMap((domain) => {
        const members = domain.members.filter((member) => inUse.has(member))
        if (members.length === 0) return []
        const max = Math.min(cap, countIn(rooms, { members }))
        for (const member of members) rooms[member] = 0
        rooms[members[0] ?? 0] = max
        return [{ members, min: 0, max }]
      }),
    )
    .reverse()
}
