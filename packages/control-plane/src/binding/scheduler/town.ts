// The workloads of one namespace and the groups of them that rules name.
import { labelPairOf } from '@flotilla/api/workload-affinity'
import type { Labels } from '@flotilla/machinery/selector'
import type { Term } from './affinity-term.ts'
import { type Entry, termsOf } from './town-entry.ts'
import { WorkloadGroup } from './workload-group.ts'

export interface Town {
  readonly entries: Map<string, Entry>
  /** Groups by their text. Those of a single label and value are found by it, the others by asking each. */
  readonly byPair: Map<string, WorkloadGroup>
  readonly others: Map<string, WorkloadGroup>
  /** Keys of entries by `KEY=VALUE` of their labels: who is in a group that a first rule names. */
  readonly byLabel: Map<string, Set<string>>
}

export function newTown(): Town {
  return { entries: new Map(), byPair: new Map(), others: new Map(), byLabel: new Map() }
}

export function settle(town: Town, entry: Entry): void {
  const { key, affinity, antiAffinity, preferredAffinity, preferredAntiAffinity } = entry
  town.entries.set(key, entry)
  for (const pair of pairsOf(entry.labels)) {
    const keys = town.byLabel.get(pair)
    if (keys === undefined) town.byLabel.set(pair, new Set([key]))
    else keys.add(key)
  }
  if (affinity) foundGroup(town, affinity).seek(key)
  if (antiAffinity) foundGroup(town, antiAffinity).avoid(entry, antiAffinity.topology)
  for (const term of [preferredAffinity, preferredAntiAffinity]) if (term) foundGroup(town, term).watch(key)
  for (const group of groupsOf(town, entry)) group.join(entry)
}

/** Groups stay until `sweep`: who leaves mostly comes back at once, changed. */
export function withdraw(town: Town, entry: Entry): void {
  const { key } = entry
  town.entries.delete(key)
  for (const pair of pairsOf(entry.labels)) {
    const keys = town.byLabel.get(pair)
    keys?.delete(key)
    if (keys?.size === 0) town.byLabel.delete(pair)
  }
  for (const group of groupsOf(town, entry)) group.leave(key)
  for (const term of termsOf(entry)) groupAt(town, term)?.forget(entry)
}

/** Lets go of groups that nobody has a rule about since `entry` left. */
export function sweep(town: Town, entry: Entry): void {
  for (const term of termsOf(entry)) {
    if (term && groupAt(town, term)?.isIdle) shelfOf(town, term).delete(term.group)
  }
}

export function groupAt(town: Town, term: Term | undefined): WorkloadGroup | undefined {
  return term && shelfOf(town, term).get(term.group)
}

/** The group of a rule; of a new one its members join. */
function foundGroup(town: Town, term: Term): WorkloadGroup {
  const known = groupAt(town, term)
  if (known !== undefined) return known
  const shelf = shelfOf(town, term)
  const group = new WorkloadGroup(term)
  shelf.set(term.group, group)
  const pair = labelPairOf(term.selector)
  for (const key of pair === undefined ? town.entries.keys() : (town.byLabel.get(pair) ?? [])) {
    const entry = town.entries.get(key)
    if (entry && group.selectsAny(entry.labels)) group.join(entry)
  }
  return group
}

function shelfOf({ byPair, others }: Town, { selector }: Term): Map<string, WorkloadGroup> {
  return labelPairOf(selector) === undefined ? others : byPair
}

/** Groups that rules name and that the workload is in. */
export function groupsOf({ byPair, others }: Town, { labels }: Entry): readonly WorkloadGroup[] {
  if (byPair.size === 0 && others.size === 0) return []
  const found = byPair.size === 0 ? [] : pairsOf(labels).flatMap((pair) => byPair.get(pair) ?? [])
  return [...new Set([...found, ...[...others.values()].filter((group) => group.selectsAny(labels))])]
}

/** Groups that it is in, and the one that it avoids. */
export function groupsAround(town: Town, entry: Entry | undefined): readonly WorkloadGroup[] {
  if (entry === undefined) return []
  const avoided = groupAt(town, entry.antiAffinity)
  return avoided === undefined ? groupsOf(town, entry) : [...groupsOf(town, entry), avoided]
}

/** Nobody has a rule about anybody. */
export function isQuiet({ byPair, others }: Town): boolean {
  return byPair.size === 0 && others.size === 0
}

function pairsOf(labels: readonly Labels[]): readonly string[] {
  return labels.flatMap((each) => Object.entries(each).map(([key, value]) => `${key}=${value}`))
}
