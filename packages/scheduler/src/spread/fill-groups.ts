// Gives a replica to as many domains of each level as are to have one.
import type { Share } from '../divide.ts'
import { countIn, divideInDomains, type DomainBounds, type Levels } from './divide-in-domains.ts'

/** The order in which domains get one that would have none: those that hold some, of the first tier, the cheapest, the heaviest. */
export interface Rank {
  readonly held: number
  /** Of one replica. */
  readonly tier: number
  readonly cost: number
  readonly weight: number
  readonly tie: number
}

/**
 * As `divideInDomains`. Where too few domains of a level have a replica by themselves, others get one each, as long as
 * all bounds allow. `least` by level.
 */
export function divideAmongGroups(
  total: number,
  shares: readonly Share[],
  levels: Levels,
  least: readonly number[],
  rankOf: (domain: DomainBounds) => Rank,
): readonly number[] {
  let asked = levels
  let counts = divideInDomains(total, shares, asked)
  for (const [at, wanted] of least.entries()) {
    const domains = asked[at] ?? []
    const filled = domains.filter((domain) => countIn(counts, domain) > 0)
    if (filled.length >= Math.min(wanted, domains.length)) continue
    const others = domains.filter((domain) => countIn(counts, domain) === 0)
    const withFilled = replaceLevel(asked, at, withOne(domains, new Set(filled)))
    asked = addGroups(total, withFilled, at, wanted - filled.length, sortByRank(others, rankOf))
    counts = divideInDomains(total, shares, asked)
  }
  return counts
}

/** At most `missing` of `others` get a minimum of one: those, in their order, that leave all minima within maxima. */
function addGroups(
  total: number,
  levels: Levels,
  at: number,
  missing: number,
  others: readonly DomainBounds[],
): Levels {
  let asked = levels
  let left = missing
  for (const other of others) {
    if (left === 0) break
    const more = replaceLevel(asked, at, withOne(asked[at] ?? [], new Set([other])))
    if (!areMinimaPossible(total, more)) continue
    asked = more
    left -= 1
  }
  return asked
}

function areMinimaPossible(total: number, levels: Levels): boolean {
  const minima: number[] = []
  for (const level of levels.toReversed()) {
    for (const { members, min, max } of level) {
      const needed = Math.max(min, countIn(minima, { members }))
      if (needed > max) return false
      for (const member of members) minima[member] = 0
      minima[members[0] ?? 0] = needed
    }
  }
  return minima.reduce((sum, min) => sum + min, 0) <= total
}

function withOne(domains: readonly DomainBounds[], filled: ReadonlySet<DomainBounds>): readonly DomainBounds[] {
  return domains.map((domain) => (filled.has(domain) ? { ...domain, min: Math.max(1, domain.min) } : domain))
}

function replaceLevel(levels: Levels, at: number, domains: readonly DomainBounds[]): Levels {
  return levels.map((level, index) => (index === at ? domains : level))
}

function sortByRank(domains: readonly DomainBounds[], rankOf: (domain: DomainBounds) => Rank): readonly DomainBounds[] {
  return domains
    .map((domain) => ({ domain, rank: rankOf(domain) }))
    .sort((one, other) => compareRanks(one.rank, other.rank))
    .map(({ domain }) => domain)
}

function compareRanks(one: Rank, other: Rank): number {
  const byCost = one.tier - other.tier || one.cost - other.cost
  return other.held - one.held || byCost || other.weight - one.weight || one.tie - other.tie
}
