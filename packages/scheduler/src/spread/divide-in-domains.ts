// Divides replicas among clusters where whole domains have bounds as well.
import { divideReplicas, type Share } from '../divide.ts'

export interface DomainBounds {
  /** Places of its clusters in the list of shares; a cluster is in one domain only. */
  readonly members: readonly number[]
  readonly min: number
  readonly max: number
}

/**
 * As `divideReplicas`, with each domain within its bounds. Exact: minima first, since a domain's cheapest replicas
 * do not depend on others; then domains that exceed their maximum are held at it, which only adds to the others.
 */
export function divideInDomains(
  total: number,
  shares: readonly Share[],
  domains: readonly DomainBounds[],
): readonly number[] {
  const raised = raiseMinima(shares, domains)
  const counts = raised.map(() => 0)
  let open = domains
  let left = total
  for (;;) {
    const members = open.flatMap((domain) => domain.members)
    assign(counts, members, divideReplicas(left, sharesAt(raised, members)))
    const over = open.filter((domain) => countIn(counts, domain) > domain.max)
    if (over.length === 0) return counts
    for (const domain of over) {
      assign(counts, domain.members, divideReplicas(domain.max, sharesAt(raised, domain.members)))
      left -= domain.max
    }
    const closed = new Set(over)
    open = open.filter((domain) => !closed.has(domain))
  }
}

function raiseMinima(shares: readonly Share[], domains: readonly DomainBounds[]): readonly Share[] {
  const minima = shares.map(({ min }) => min)
  for (const { members, min } of domains) {
    if (min === 0) continue
    for (const [at, count] of divideReplicas(min, sharesAt(shares, members)).entries()) {
      const member = members[at] ?? 0
      minima[member] = Math.max(minima[member] ?? 0, count)
    }
  }
  return shares.map((share, index) => ({ ...share, min: minima[index] ?? 0 }))
}

export function countIn(counts: readonly number[], { members }: Pick<DomainBounds, 'members'>): number {
  return members.reduce((total, member) => total + (counts[member] ?? 0), 0)
}

function sharesAt(shares: readonly Share[], members: readonly number[]): readonly Share[] {
  return members.flatMap((member) => shares[member] ?? [])
}

function assign(counts: number[], members: readonly number[], divided: readonly number[]): void {
  for (const [at, member] of members.entries()) counts[member] = divided[at] ?? 0
}
