// What spread constraints leave without a place, and which of them.
import { nameSome } from '../allocation.ts'
import { compareText } from '../snapshot.ts'
import { describeRule, topologyOf } from './domain.ts'
import type { Level } from './nest.ts'
import type { Limit } from './reach.ts'
import type { Offer } from './unit.ts'

/** A division, by place in the list of clusters. */
export interface Outcome {
  readonly replicas: number
  readonly levels: readonly Level[]
  readonly limits: readonly Limit[]
  readonly offers: readonly Offer[]
  /** Clusters of domains that are used. */
  readonly inUse: ReadonlySet<number>
  readonly counts: readonly number[]
}

interface State {
  readonly level: Level
  readonly limit: Limit
  /** E.g. `region`. */
  readonly topology: string
  /** Names of domains: of those that have room, used, not used though nothing coarser forbids it, and with replicas. */
  readonly usable: readonly string[]
  readonly used: readonly string[]
  readonly left: readonly string[]
  readonly filled: readonly string[]
  /** Names of those that have as much as their share allows. */
  readonly atShare: readonly string[]
}

export interface SpreadText {
  /** Why domains take no more, e.g. `region eu is at its 60 % (6)`. */
  readonly reasons: readonly string[]
  /** What was asked and cannot be, beside replicas that have no place. */
  readonly unmet?: string
}

/** `minima`: by cluster that asks for some replicas, what it says. */
export function explainSpread(outcome: Outcome, minima: ReadonlyMap<number, string>): SpreadText {
  const states = toStates(outcome)
  const reasons = states.flatMap(boundReasons)
  const groups = states.filter(({ limit, filled }) => filled.length < Math.min(limit.least, outcome.replicas))
  if (groups.length > 0) return explainGroups(groups, reasons)
  const unmet = explainMinima(states, outcome, minima)
  return { reasons, ...(unmet === undefined ? {} : { unmet }) }
}

function toStates(outcome: Outcome): readonly State[] {
  const { levels, limits, offers, inUse, counts } = outcome
  const states: State[] = []
  let forbidden = new Set<number>()
  for (const [at, level] of levels.entries()) {
    const limit = limits[at] ?? { least: 0, most: Infinity, cap: Infinity, maxSkew: Infinity }
    const hasOne = (test: (member: number) => boolean) => level.domains.filter(({ members }) => members.some(test))
    const usable = hasOne((member) => (offers[member]?.room ?? 0) > 0)
    const used = usable.filter(({ members }) => members.some((member) => inUse.has(member)))
    const isUsed = new Set(used)
    const isFull = used.length >= limit.most
    const left = isFull ? usable.filter((one) => !isUsed.has(one) && !one.members.every((m) => forbidden.has(m))) : []
    const filled = hasOne((member) => (counts[member] ?? 0) > 0)
    const total = (members: readonly number[]) => members.reduce((sum, member) => sum + (counts[member] ?? 0), 0)
    states.push({
      level,
      limit,
      topology: topologyOf(level.constraint),
      usable: namesOf(usable),
      used: namesOf(used),
      left: namesOf(left),
      filled: namesOf(filled),
      atShare: namesOf(used.filter(({ members }) => total(members) >= limit.cap)),
    })
    forbidden = new Set([...forbidden, ...left.flatMap(({ members }) => members)])
  }
  return states
}

function namesOf(domains: readonly { readonly name: string }[]): readonly string[] {
  return domains.map(({ name }) => name).sort(compareText)
}

function boundReasons({ level: { constraint }, limit, topology, used, left, atShare }: State): readonly string[] {
  const { maxSharePercent, maxSkew } = constraint
  return [
    ...(atShare.length > 0 ? [`${topology} ${nameSome(atShare)} at ${maxSharePercent} % (${limit.cap})`] : []),
    ...(left.length > 0 ? [`${describeRule(constraint, 'maxGroups')} leaves out ${nameSome(left)}`] : []),
    ...(maxSkew === undefined ? [] : [`${describeRule(constraint, 'maxSkew')} between ${nameSome(used)}`]),
  ]
}

/** The reasons are told with it where it is other constraints that leave too few domains. */
function explainGroups(groups: readonly State[], reasons: readonly string[]): SpreadText {
  const texts = groups.map(({ limit: { least }, topology, usable, filled }) => {
    const names = filled.length > 0 ? ` (${nameSome(filled)})` : ''
    return usable.length < least
      ? `minGroups ${least}: only ${usable.length} by ${topology} can be used${names}`
      : `minGroups ${least}: only ${filled.length} by ${topology} can have a replica${names}`
  })
  const isOwn = groups.every(({ limit, usable }) => usable.length < limit.least)
  if (isOwn || reasons.length === 0) return { reasons, unmet: texts.join(', ') }
  return { reasons: [], unmet: `${texts.join(', ')}, since ${reasons.join(', ')}` }
}

function explainMinima(
  states: readonly State[],
  { inUse }: Outcome,
  minima: ReadonlyMap<number, string>,
): string | undefined {
  const dropped = [...minima].filter(([member]) => !inUse.has(member))
  const [first] = dropped
  if (first === undefined) return undefined
  const asked = `minReplicas ask for more: ${nameSome(dropped.map(([, text]) => text))}`
  const by = states.find(({ left, level: { domains, domainOf } }) =>
    left.includes(domains[domainOf[first[0]] ?? -1]?.name ?? ''),
  )
  if (by === undefined) return `spreadConstraints leave clusters out, and ${asked}`
  const {
    level: { constraint },
    used,
  } = by
  return `${describeRule(constraint, 'maxGroups')} uses ${nameSome(used)} only, and ${asked}`
}
