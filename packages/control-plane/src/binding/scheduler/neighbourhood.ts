// Which workloads are placed where, as far as rules of workloads ask: kept by what changes, and read by decisions.
import type { Decision } from '@flotilla/api/resource-binding'
import type { WorkloadAffinity } from '@flotilla/api/workload-affinity'
import { canonicalJson } from '@flotilla/machinery/json'
import type { Company, Neighbours } from '@flotilla/scheduler/neighbours'
import { compareText } from '@flotilla/scheduler/snapshot'
import type { Binding } from '../../hub.ts'
import type { Term } from './affinity-term.ts'
import { type Entry, isSamePlace, isSameResident, termsOf, toEntry } from './town-entry.ts'
import { groupAt, groupsAround, groupsOf, isQuiet, newTown, settle, sweep, type Town, withdraw } from './town.ts'
import type { WorkloadGroup } from './workload-group.ts'

/** Keys are bindings by `keyOf`; cluster-scoped ones are a namespace of their own. */
export class Neighbourhood {
  readonly #towns = new Map<string, Town>()
  /** By key of a binding whose decision has been taken in and not been heard of yet: whom that is news to. */
  readonly #news = new Map<string, readonly string[]>()
  readonly #undone: string[] = []

  /**
   * Takes in what a binding says. Answers whose decisions may differ by it: keys of those that have a rule about it,
   * or it about them. `rules`: of its policy.
   */
  follow(key: string, binding: Binding, rules: WorkloadAffinity | undefined): Iterable<string> {
    return this.#tell(key, this.#replace(key, toEntry(key, binding, rules, binding.spec.decision)))
  }

  /** `namespace`: of the binding that has gone. */
  forget(key: string, namespace = ''): Iterable<string> {
    return this.#tell(key, this.#replace(key, undefined, namespace))
  }

  /**
   * Takes in what a binding is about to say, before it is written: others are decided while the write is under way. A
   * write that fails is followed by another decision, or by what the binding says instead.
   */
  take(key: string, binding: Binding, rules: WorkloadAffinity | undefined, decision: Decision | undefined): void {
    const concerned = this.#replace(key, toEntry(key, binding, rules, decision))
    if (concerned.length > 0) this.#news.set(key, [...(this.#news.get(key) ?? []), ...concerned])
  }

  /** The binding could not be made: it is nowhere. Who gave way to it hears with whatever is told next. */
  takeBack(key: string, { metadata: { namespace = '' } }: Binding): void {
    this.#undone.push(...(this.#news.get(key) ?? []), ...this.#replace(key, undefined, namespace))
    this.#news.delete(key)
  }

  /** What there is to say to where the binding may go; undefined: nobody has a rule that matters to it. */
  of(key: string, { metadata: { namespace = '' } }: Binding): Neighbours | undefined {
    const town = this.#towns.get(namespace)
    const entry = town?.entries.get(key)
    if (town === undefined || entry === undefined) return undefined
    const avoidedBy = groupsOf(town, entry)
      .flatMap((group) => group.avoidedBy())
      .sort((one, other) => compareText(nameOf(one), nameOf(other)))
    if (avoidedBy.length === 0 && termsOf(entry).every((term) => term === undefined)) return undefined
    const { name, affinity, antiAffinity, preferredAffinity, preferredAntiAffinity } = entry
    const near = toCompany(town, key, affinity, 'placed')
    const away = toCompany(town, key, antiAffinity, 'present')
    const rather = toCompany(town, key, preferredAffinity, 'placed')
    const ratherNot = toCompany(town, key, preferredAntiAffinity, 'present')
    return {
      name,
      ...(near && { affinity: { ...near, mayBeFirst: waitsForItself(town, key) } }),
      ...(away && { antiAffinity: away }),
      avoidedBy,
      ...(rather && { preferredAffinity: rather }),
      ...(ratherNot && { preferredAntiAffinity: ratherNot }),
    }
  }

  #tell(key: string, concerned: readonly string[]): readonly string[] {
    const news = [...(this.#news.get(key) ?? []), ...this.#undone.splice(0)]
    this.#news.delete(key)
    return news.length === 0 ? concerned : [...new Set([...news, ...concerned])]
  }

  /** Keys of those whom it concerns. */
  #replace(key: string, entry: Entry | undefined, namespace = entry?.namespace ?? ''): readonly string[] {
    const town = this.#towns.get(namespace) ?? newTown()
    const before = town.entries.get(key)
    if (before && entry && isSameResident(before, entry)) {
      if (isQuiet(town)) town.entries.set(key, entry)
      if (isQuiet(town) || isSamePlace(before, entry)) return []
    }
    const groups = new Set([...groupsAround(town, before), ...groupsAround(town, entry)])
    const placed = new Set([...groups].filter((group) => group.isPlaced()))
    if (before) withdraw(town, before)
    if (entry) settle(town, entry)
    for (const group of groupsAround(town, entry)) groups.add(group)
    if (town.entries.size > 0) this.#towns.set(namespace, town)
    else this.#towns.delete(namespace)
    const concerned = new Set([...groups].flatMap((group) => concernedBy(group, before, entry)))
    const others = [...groups].filter(
      (group) => isLinkedAnew(group, before, entry) || placed.has(group) !== group.isPlaced(),
    )
    for (const waiting of waitingFor(town, others)) concerned.add(waiting)
    if (before) sweep(town, before)
    concerned.delete(key)
    return [...concerned]
  }
}

function toCompany(town: Town, key: string, term: Term | undefined, where: 'placed' | 'present') {
  const group = groupAt(town, term)
  if (term === undefined || group === undefined) return undefined
  const company = where === 'placed' ? group.placedBy(term.topology) : group.presentBy(term.topology)
  return { ...company, isMember: group.has(key) }
}

/** Orders rules, in whatever order they came to be known. */
function nameOf({ group, topology }: Company): string {
  return `${group} ${canonicalJson(topology)}`
}

/** Who sees another `group` than before: those that have a rule about it, and those of it that are kept away. */
function concernedBy(group: WorkloadGroup, before: Entry | undefined, after: Entry | undefined): readonly string[] {
  const key = (after ?? before)?.key ?? ''
  const [was, is] = [before, after].map((entry) => (entry && group.selectsAny(entry.labels) ? entry : undefined))
  const [avoided, avoids] = [before, after].map((entry) =>
    entry?.antiAffinity?.group === group.text ? entry : undefined,
  )
  const isMoved = canonicalJson(avoided?.antiAffinity?.topology) !== canonicalJson(avoids?.antiAffinity?.topology)
  return [
    ...group.viewersOfPlaced(key, difference(was?.placed(), is?.placed())),
    ...group.viewersOfPresent(key, difference(was?.present(), is?.present())),
    ...[avoided, avoids].flatMap((entry) => {
      if (entry?.antiAffinity === undefined) return []
      const changed = isMoved ? entry.present() : difference(avoided?.present(), avoids?.present())
      return [...group.viewersOfAvoider(key, entry.antiAffinity.topology, changed)]
    }),
  ]
}

/**
 * Whether who waits for the group may wait for itself now, or no longer does, by what the workload waits for. What it
 * waits for as one of those that it waits for changes nothing: all of them do so already.
 */
function isLinkedAnew(group: WorkloadGroup, before: Entry | undefined, after: Entry | undefined): boolean {
  const [was, is] = [before, after].map((entry) => {
    const link = entry && group.selectsAny(entry.labels) ? entry.affinity?.group : undefined
    return link === group.text ? undefined : link
  })
  return was !== is
}

/** Who waits for one of the groups, itself or through others. */
function waitingFor(town: Town, groups: WorkloadGroup[]): Iterable<string> {
  const seen = new Set<WorkloadGroup>()
  const waiting = new Set<string>()
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    if (seen.has(group)) continue
    seen.add(group)
    for (const key of group.seekers) {
      const entry = waiting.has(key) ? undefined : town.entries.get(key)
      if (entry === undefined) continue
      waiting.add(key)
      groups.push(...groupsOf(town, entry))
    }
  }
  return waiting
}

/** What is in one of the lists. */
function difference(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  const [one, other] = [new Set(some), new Set(others)]
  return [...some.filter((id) => !other.has(id)), ...others.filter((id) => !one.has(id))]
}

/**
 * Whether `key`, of whose company nobody is placed, waits for itself in the end: it is in the group that it waits for,
 * or that group waits, through others, for one that it is in. Then it may go first, or none of them ever would.
 */
function waitsForItself(town: Town, key: string): boolean {
  const seen = new Set<WorkloadGroup>()
  const waiting = [key]
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    const entry = town.entries.get(each)
    const group = groupAt(town, entry?.affinity)
    if (entry === undefined || group === undefined || seen.has(group) || group.isPlaced(entry.name)) continue
    if (group.has(key)) return true
    seen.add(group)
    for (const member of group.members) waiting.push(member)
  }
  return false
}
