// Divides replicas among clusters where whole domains have bounds as well, domains within domains.
import { divideReplicas, type Share } from '../divide.ts'

export interface DomainBounds {
  /** Places of its clusters in the list of shares; a cluster is in one domain of a level only. */
  readonly members: readonly number[]
  readonly min: number
  readonly max: number
}

/** Domains by level, coarse to fine: each lies in one of the level before, and all levels have the same clusters. */
export type Levels = readonly (readonly DomainBounds[])[]

/**
 * As `divideReplicas`, with each domain within its bounds. Exact: minima first, from the finest level on, since a
 * domain's cheapest replicas do not depend on others; then domains that exceed their maximum are held at it, which
 * only adds to the others. Within a domain costs rise like those of a single cluster, so that levels nest.
 */
export function divideInDomains(total: number, shares: readonly Share[], levels: Levels): readonly number[] {
  const counts = shares.map(() => 0)
  const members = levels[0]?.flatMap((domain) => domain.members) ?? [...shares.keys()]
  divideInto(counts, total, raiseMinima(shares, levels), members, levels)
  return counts
}

/** Writes what `members` get into `counts`. */
function divideInto(
  counts: number[],
  total: number,
  given: readonly Share[],
  members: readonly number[],
  levels: Levels,
): void {
  const shares = withoutExcess(total, given, members, levels)
  const [level, ...finer] = levels
  if (level === undefined) {
    const divided = divideReplicas(total, sharesAt(shares, members))
    for (const [at, member] of members.entries()) counts[member] = divided[at] ?? 0
    return
  }
  const inside = new Set(members)
  let open = level.filter((domain) => inside.has(domain.members[0] ?? -1))
  let left = total
  for (;;) {
    divideInto(
      counts,
      left,
      shares,
      open.flatMap((domain) => domain.members),
      finer,
    )
    const over = new Set(open.filter((domain) => countIn(counts, domain) > domain.max))
    if (over.size === 0) return
    for (const domain of over) {
      divideInto(counts, domain.max, shares, domain.members, finer)
      left -= domain.max
    }
    open = open.filter((domain) => !over.has(domain))
  }
}

/** Where there are fewer replicas than minima, those of domains come first: those of clusters take the place of weights. */
function withoutExcess(
  total: number,
  shares: readonly Share[],
  members: readonly number[],
  levels: Levels,
): readonly Share[] {
  if (levels.length === 0 || total >= members.reduce((sum, member) => sum + (shares[member]?.min ?? 0), 0))
    return shares
  const soft = [...shares]
  for (const member of members) {
    const { min = 0, tie = 0 } = shares[member] ?? {}
    soft[member] = { weight: min, min: 0, max: min, tie }
  }
  return raiseMinima(soft, levels)
}

function raiseMinima(shares: readonly Share[], levels: Levels): readonly Share[] {
  let raised = shares
  for (const [at, level] of [...levels.entries()].reverse()) {
    const minima = raised.map(({ min }) => min)
    for (const { members, min } of level) {
      if (min <= countIn(minima, { members })) continue
      const counts = [...minima]
      divideInto(counts, min, raised, members, levels.slice(at + 1))
      for (const member of members) minima[member] = Math.max(minima[member] ?? 0, counts[member] ?? 0)
    }
    raised = raised.map((share, index) => ({ ...share, min: minima[index] ?? 0 }))
  }
  return raised
}

export function countIn(counts: readonly number[], { members }: Pick<DomainBounds, 'members'>): number {
  return members.reduce((total, member) => total + (counts[member] ?? 0), 0)
}

function sharesAt(shares: readonly Share[], members: readonly number[]): readonly Share[] {
  return members.flatMap((member) => shares[member] ?? [])
}
