// Spreads a division over failure domains: which of them are used, and how many replicas each may have.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { nameSome } from '../allocation.ts'
import { type Candidate, heldBy } from '../candidate.ts'
import type { Share } from '../divide.ts'
import { compareText } from '../snapshot.ts'
import { chooseDomains, type Choice, type DomainOffer } from './choose-domains.ts'
import { countIn, divideInDomains, type DomainBounds } from './divide-in-domains.ts'
import { type Domain, groupByDomain, topologyOf } from './domain.ts'
import { divideEvenly, placedAt } from './skew.ts'

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

/** A domain that can have replicas. */
interface Usable extends DomainOffer {
  readonly domain: Domain
}

/** `isPacked`: as few domains as suffice, else as many as may be. */
export function divideSpread(
  replicas: number,
  constraint: SpreadConstraint,
  candidates: readonly Candidate[],
  isPacked: boolean,
): Division {
  const domains = groupByDomain(
    constraint,
    candidates.map(({ judged }) => judged.cluster),
  )
  const usable =
    replicas === 0
      ? domains.map((domain) => toEmpty(domain, candidates))
      : domains
          .map((domain) => toUsable(domain, candidates, mostPerDomain(replicas, constraint)))
          .filter(({ room }) => room > 0)
  const least = Math.min(constraint.minGroups ?? 1, replicas)
  const { used, counts, gap } = chooseAndDivide(replicas, constraint, candidates, usable, least, isPacked)
  const inUse = new Set(used.flatMap(({ domain }) => domain.members))
  const unmet = explainUnmet(constraint, usable, used, candidates, inUse)
  return {
    counts,
    reasons: explainBounds(replicas, constraint, usable, used, counts),
    unused: new Set(candidates.keys().filter((index) => !inUse.has(index))),
    gap,
    ...(unmet === undefined ? {} : { unmet }),
  }
}

/**
 * A domain that is used because it holds replicas and ends with none is no better than others: chosen again without
 * regard to what it holds, or the next decision would choose otherwise.
 */
function chooseAndDivide(
  replicas: number,
  constraint: SpreadConstraint,
  candidates: readonly Candidate[],
  usable: readonly Usable[],
  least: number,
  isPacked: boolean,
): { readonly used: readonly Usable[]; readonly counts: readonly number[]; readonly gap: number } {
  const shares = candidates.map(({ share }) => share)
  let offers = usable
  for (;;) {
    const { chosen, gap } = choose(replicas, offers, constraint, least, isPacked)
    const used = chosen.flatMap((index) => offers[index] ?? [])
    const counts = divide(replicas, shares, used, least, constraint.maxSkew)
    const emptied = new Set(used.filter(({ domain, held }) => held > 0 && countIn(counts, domain) === 0))
    if (replicas === 0 || emptied.size === 0 || used.length === offers.length) return { used, counts, gap }
    offers = offers.map((each) => (emptied.has(each) ? { ...each, held: 0 } : each))
  }
}

function toUsable(domain: Domain, candidates: readonly Candidate[], most: number): Usable {
  const members = domain.members.flatMap((member) => candidates[member] ?? [])
  const total = (valueOf: (candidate: Candidate) => number) => members.reduce((sum, each) => sum + valueOf(each), 0)
  return {
    domain,
    // Where somebody asked for a minimum counts like where replicas are.
    held: total(({ judged, share }) => Math.max(heldBy(judged), share.min)),
    room: Math.min(
      most,
      total(({ share }) => roomOf(share)),
    ),
    weight: total(({ share }) => share.weight),
    tie: Math.min(...members.map(({ share }) => share.tie)),
  }
}

/** Without replicas room does not matter: where the template is, then where the mode would have it. */
function toEmpty(domain: Domain, candidates: readonly Candidate[]): Usable {
  const members = domain.members.flatMap((member) => candidates[member] ?? [])
  return {
    domain,
    held: members.filter(({ judged }) => judged.holding !== undefined).length,
    room: 1,
    weight: members.filter(({ isUsable }) => isUsable).length,
    tie: Math.min(...members.map(({ share }) => share.tie)),
  }
}

function roomOf({ weight, min, max }: Share): number {
  return weight > 0 ? max : min
}

/** A share is rounded up to whole replicas, so that rounding alone never leaves one without a place. */
function mostPerDomain(replicas: number, { maxSharePercent = 100 }: SpreadConstraint): number {
  return maxSharePercent === 100 ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((replicas * maxSharePercent) / 100))
}

function choose(
  replicas: number,
  usable: readonly Usable[],
  { maxGroups = Number.POSITIVE_INFINITY, maxSkew }: SpreadConstraint,
  least: number,
  isPacked: boolean,
): Choice {
  if (isPacked && replicas > 0) return { chosen: packed(replicas, usable, least, maxGroups), gap: 0 }
  const choice = chooseDomains(replicas, usable, maxGroups)
  if (maxSkew === undefined) return choice
  return { ...choice, chosen: placingMost(replicas, usable, choice.chosen, least, maxSkew) }
}

/** All that hold some, then the largest: the fewest that have room for all. */
function packed(replicas: number, usable: readonly Usable[], least: number, most: number): readonly number[] {
  const ranked = rankByRoom(usable)
  let room = 0
  const enough = ranked.findIndex((index) => (room += usable[index]?.room ?? 0) >= replicas)
  const holding = usable.filter(({ held }) => held > 0).length
  return ranked.slice(0, Math.min(most, Math.max(least, holding, enough < 0 ? usable.length : enough + 1)))
}

/**
 * A small domain keeps all others small: where that leaves replicas without a place, the smallest are left out of
 * those that hold none.
 */
function placingMost(
  replicas: number,
  usable: readonly Usable[],
  chosen: readonly number[],
  least: number,
  maxSkew: number,
): readonly number[] {
  const placed = (set: readonly number[]) => {
    const used = set.flatMap((index) => usable[index] ?? [])
    const level = Math.min(Math.floor(replicas / used.length), ...used.map(({ room }) => room))
    return placedAt(level, replicas, toBounds(used, new Set()), maxSkew)
  }
  if (placed(chosen) >= replicas) return chosen
  const ranked = rankByRoom(usable)
  const sizes = Array.from({ length: chosen.length }, (_, less) => chosen.length - less)
  const fewest = Math.max(least, usable.filter(({ held }) => held > 0).length)
  const sets = sizes.filter((size) => size >= fewest).map((size) => ranked.slice(0, size))
  return sets.reduce((best, set) => (placed(set) > placed(best) ? set : best), chosen)
}

function rankByRoom(usable: readonly Usable[]): readonly number[] {
  return [...usable.keys()].sort((left, right) => {
    const [one, other] = [usable[left], usable[right]]
    if (one === undefined || other === undefined) return 0
    return other.held - one.held || (one.room === other.room ? one.tie - other.tie : one.room < other.room ? 1 : -1)
  })
}

function toBounds(used: readonly Usable[], needed: ReadonlySet<Usable>): readonly DomainBounds[] {
  return used.map((each) => ({ members: each.domain.members, min: needed.has(each) ? 1 : 0, max: each.room }))
}

/** Where too few domains get some by themselves, those that hold some and then the heaviest get one each. */
function divide(
  replicas: number,
  shares: readonly Share[],
  used: readonly Usable[],
  least: number,
  maxSkew: number | undefined,
): readonly number[] {
  if (used.length === 0) return shares.map(() => 0)
  const within = (bounds: readonly DomainBounds[]) =>
    maxSkew === undefined ? divideInDomains(replicas, shares, bounds) : divideEvenly(replicas, shares, bounds, maxSkew)
  const free = within(toBounds(used, new Set()))
  const filled = used.filter(({ domain }) => countIn(free, domain) > 0)
  if (filled.length >= Math.min(least, used.length)) return free
  const others = used
    .filter((each) => !filled.includes(each))
    .sort((one, other) => other.held - one.held || other.weight - one.weight || one.tie - other.tie)
  return within(toBounds(used, new Set([...filled, ...others.slice(0, least - filled.length)])))
}

function explainBounds(
  replicas: number,
  constraint: SpreadConstraint,
  usable: readonly Usable[],
  used: readonly Usable[],
  counts: readonly number[],
): readonly string[] {
  const { maxGroups, maxSharePercent, maxSkew } = constraint
  const topology = topologyOf(constraint)
  const share = mostPerDomain(replicas, constraint)
  const inUse = new Set(used.map(({ domain }) => domain))
  const left = usable.filter(({ domain }) => !inUse.has(domain)).map(({ domain }) => domain.name)
  const full = used.filter(({ domain }) => countIn(counts, domain) >= share).map(({ domain }) => domain.name)
  return [
    ...(full.length > 0 ? [`${topology} ${nameSome(full)} at ${maxSharePercent} % (${share})`] : []),
    ...(left.length > 0 && maxGroups !== undefined ? [`maxGroups ${maxGroups} leaves out ${nameSome(left)}`] : []),
    ...(maxSkew === undefined ? [] : [`maxSkew ${maxSkew} between ${nameSome(used.map(({ domain }) => domain.name))}`]),
  ]
}

function explainUnmet(
  constraint: SpreadConstraint,
  usable: readonly Usable[],
  used: readonly Usable[],
  candidates: readonly Candidate[],
  inUse: ReadonlySet<number>,
): string | undefined {
  const { minGroups = 1, maxGroups } = constraint
  const names = nameSome(used.map(({ domain }) => domain.name).sort(compareText))
  const topology = topologyOf(constraint)
  if (usable.length < minGroups) {
    return `minGroups ${minGroups}: only ${usable.length} by ${topology} can be used${names === '' ? '' : ` (${names})`}`
  }
  const dropped = candidates.filter(({ share }, index) => share.min > 0 && !inUse.has(index))
  if (dropped.length === 0) return undefined
  const asked = nameSome(dropped.map(({ judged, share }) => `${judged.cluster.name} wants ${share.min}`))
  return `maxGroups ${maxGroups} by ${topology} uses ${names} only, and minReplicas ask for more: ${asked}`
}
