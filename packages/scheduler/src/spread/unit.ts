// What is chosen among: the domains of the finest level at which not all may, or are to, be used.
import type { Step } from '../divide.ts'
import type { Level } from './nest.ts'
import { nextOf } from './prices.ts'
import { emptyReach, foldParts, joinReaches, type Limit, type Reach } from './reach.ts'

/** What one cluster brings to its domains. */
export interface Offer {
  /** Replicas that are there already: leaving them would be a move. */
  readonly held: number
  /** Replicas that it could have: Infinity for no bound. */
  readonly room: number
  readonly weight: number
  /** Unique: of equal domains the lower goes first. */
  readonly tie: number
  /** What its replicas cost; none: nothing. */
  readonly steps?: readonly Step[]
  /** Default: 0, the first. */
  readonly tier?: number
}

/** What of a domain is in one tier. */
export interface Slice extends Pick<Offer, 'room' | 'weight'> {
  readonly tier: number
}

/** A domain that can have replicas. Its offer is that of its clusters together. */
export interface Unit extends Omit<Offer, 'steps'> {
  /** Of the first replica that it does not hold: that of the earliest tier, the cheapest of those. */
  readonly tier: number
  readonly cost: number
  /** By tier, the first first. */
  readonly slices: readonly Slice[]
  /** Places of its clusters. */
  readonly members: readonly number[]
  /** By level, up to its own: the place of the domain that it is in, or is. */
  readonly path: readonly number[]
  /** Of what is inside it. */
  readonly inside: Reach
  /** By level: domains inside it that have room; 1 for itself, 0 for coarser levels. */
  readonly parts: readonly number[]
}

function sliceByTier(offers: readonly Offer[]): readonly Slice[] {
  const slices = new Map<number, Slice>()
  for (const { tier = 0, room, weight } of offers) {
    const before = slices.get(tier)
    slices.set(tier, { tier, room: room + (before?.room ?? 0), weight: weight + (before?.weight ?? 0) })
  }
  return [...slices.values()].sort((one, other) => one.tier - other.tier)
}

/** How domains are used: as few as suffice, or as many as may be. */
export type Packing = 'Packed' | 'PackedByCost' | 'Open'

/** -1: every domain may be used, and is. By cost it is clusters that are chosen: only they have one each. */
export function unitLevel(levels: readonly Level[], limits: readonly Limit[], packing: Packing): number {
  if (packing === 'PackedByCost') return levels.length - 1
  return levels.findLastIndex(({ domains }, level) => {
    const { most = Infinity, maxSkew = Infinity } = limits[level] ?? {}
    return (
      most < domains.length ||
      maxSkew < Infinity ||
      (packing === 'Packed' && domains.some(({ members }) => members.length > 1))
    )
  })
}

/** Domains of a level that have room. */
export function toUnits(
  levels: readonly Level[],
  limits: readonly Limit[],
  at: number,
  offers: readonly Offer[],
): readonly Unit[] {
  const most = Math.min(...limits.slice(0, at + 1).map(({ cap }) => cap))
  const pathOf = (member: number) => levels.map(({ domainOf }) => domainOf[member] ?? -1)
  const units = (levels[at]?.domains ?? []).map(({ members }): Unit => {
    const usable = members.filter((member) => (offers[member]?.room ?? 0) > 0)
    const paths = usable.map(pathOf)
    const total = (key: 'held' | 'weight' | 'room') =>
      members.reduce((sum, member) => sum + (offers[member]?.[key] ?? 0), 0)
    const inside = at === levels.length - 1 ? emptyReach(levels.length, total('room')) : insideOf(usable, paths)
    return {
      members,
      path: pathOf(members[0] ?? 0).slice(0, at + 1),
      inside,
      parts: levels.map((_, level) => (level < at ? 0 : new Set(paths.map((path) => path[level])).size)),
      held: total('held'),
      room: Math.min(inside.high, most),
      weight: total('weight'),
      ...nextOf(offers, members),
      slices: sliceByTier(usable.flatMap((member) => offers[member] ?? [])),
      tie: Math.min(...members.map((member) => offers[member]?.tie ?? 0)),
    }
  })
  return units.filter(({ room }) => room > 0)

  function insideOf(usable: readonly number[], paths: readonly (readonly number[])[]): Reach {
    const leaves = usable.map((member, index) => ({
      path: paths[index] ?? [],
      reach: emptyReach(levels.length, offers[member]?.room ?? 0),
    }))
    return joinReaches(foldParts(leaves, limits, levels.length - 1, at + 1, 0), levels.length)
  }
}
