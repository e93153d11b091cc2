// Which workloads are placed where, as far as rules of workloads ask: kept by what changes, and read by decisions.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { labelPairOf, type WorkloadAffinity } from '@flotilla/api/workload-affinity'
import { canonicalJson, deepEqual } from '@flotilla/machinery/json'
import type { Labels } from '@flotilla/machinery/selector'
import type { Company, Neighbours } from '@flotilla/scheduler/neighbours'
import { compareText } from '@flotilla/scheduler/snapshot'
import type { Binding } from '../../hub.ts'
import { type Term, toTerm } from './affinity-term.ts'
import { type Resident, WorkloadGroup } from './workload-group.ts'

interface Entry extends Resident {
  readonly namespace: string
  readonly labels: Labels
  readonly affinity: Term | undefined
  readonly antiAffinity: Term | undefined
}

/** Workloads of one namespace. */
interface Town {
  readonly entries: Map<string, Entry>
  /** Groups by their text. Those of a single label and value are found by it, the others by asking each. */
  readonly byPair: Map<string, WorkloadGroup>
  readonly others: Map<string, WorkloadGroup>
  /** Keys of entries by `KEY=VALUE` of their labels: who is in a group that a first rule names. */
  readonly byLabel: Map<string, Set<string>>
}

/** Keys are bindings by `keyOf`; cluster-scoped ones are a namespace of their own. */
export class Neighbourhood {
  readonly #towns = new Map<string, Town>()
  /** As bindings were last told: what changed since is news to others, though a decision has taken it in already. */
  readonly #told = new Map<string, Entry>()

  /**
   * Takes in what a binding says. Answers whose decisions may differ by it: keys of those that have a rule about it,
   * or it about them. `rules`: of its policy.
   */
  follow(key: string, binding: Binding, rules: WorkloadAffinity | undefined): Iterable<string> {
    return this.#tell(key, entryOf(key, binding, rules, binding.spec.decision))
  }

  forget(key: string): Iterable<string> {
    return this.#tell(key, undefined)
  }

  /** Takes in what a binding is about to say, before it is written: others are decided while the write is under way. */
  take(key: string, binding: Binding, rules: WorkloadAffinity | undefined, decision: Decision | undefined): void {
    this.#replace(key, entryOf(key, binding, rules, decision))
  }

  /** The write has failed: what the binding was last told to say counts again, if there is one. */
  takeBack(key: string, { metadata: { namespace = '' } }: Binding): void {
    this.#replace(key, this.#told.get(key), namespace)
  }

  /** What there is to say to where the binding may go; undefined: nobody has a rule that matters to it. */
  of(key: string, { metadata: { namespace = '' } }: Binding): Neighbours | undefined {
    const town = this.#towns.get(namespace)
    const entry = town?.entries.get(key)
    if (town === undefined || entry === undefined) return undefined
    const { affinity, antiAffinity, name } = entry
    const avoidedBy = groupsOf(town, entry)
      .flatMap((group) => group.avoidedBy())
      .sort((one, other) => compareText(nameOf(one), nameOf(other)))
    if (affinity === undefined && antiAffinity === undefined && avoidedBy.length === 0) return undefined
    const near = affinity && groupAt(town, affinity)?.placedBy(affinity.topology)
    const away = antiAffinity && groupAt(town, antiAffinity)?.presentBy(antiAffinity.topology)
    const isMember = groupAt(town, affinity)?.has(key) === true
    const mayBeFirst = waitsForItself(town, key)
    return {
      name,
      ...(near && { affinity: { ...near, isMember, mayBeFirst } }),
      ...(away && { antiAffinity: away }),
      avoidedBy,
    }
  }

  #tell(key: string, entry: Entry | undefined): Iterable<string> {
    const before = this.#told.get(key)
    // Of both: who had a rule about it, or it about whom, may go elsewhere when that ends.
    const concerned = before && new Set(concernedBy(this.#towns.get(before.namespace), before))
    this.#replace(key, entry, before?.namespace)
    if (entry) this.#told.set(key, entry)
    else this.#told.delete(key)
    if (before && entry && deepEqual(before, entry)) return []
    const now = entry ? concernedBy(this.#towns.get(entry.namespace), entry) : []
    const keys = new Set([...(concerned ?? []), ...now])
    keys.delete(key)
    return keys
  }

  #replace(key: string, entry: Entry | undefined, namespace = entry?.namespace ?? ''): void {
    const town = this.#towns.get(namespace) ?? newTown()
    const before = town.entries.get(key)
    if (before && entry && deepEqual(before, entry)) return
    if (before) withdraw(town, before)
    if (entry) settle(town, entry)
    if (town.entries.size > 0) this.#towns.set(namespace, town)
    else this.#towns.delete(namespace)
  }
}

/** Orders rules, in whatever order they came to be known. */
function nameOf({ group, topology }: Company): string {
  return `${group} ${canonicalJson(topology)}`
}

function newTown(): Town {
  return { entries: new Map(), byPair: new Map(), others: new Map(), byLabel: new Map() }
}

function settle(town: Town, entry: Entry): void {
  const { key, affinity, antiAffinity } = entry
  town.entries.set(key, entry)
  for (const pair of pairsOf(entry.labels)) {
    const keys = town.byLabel.get(pair)
    if (keys === undefined) town.byLabel.set(pair, new Set([key]))
    else keys.add(key)
  }
  if (affinity) foundGroup(town, affinity).seek(key)
  if (antiAffinity) foundGroup(town, antiAffinity).avoid(entry, antiAffinity.topology)
  for (const group of groupsOf(town, entry)) group.join(entry)
}

function withdraw(town: Town, entry: Entry): void {
  const { key, affinity, antiAffinity } = entry
  town.entries.delete(key)
  for (const pair of pairsOf(entry.labels)) {
    const keys = town.byLabel.get(pair)
    keys?.delete(key)
    if (keys?.size === 0) town.byLabel.delete(pair)
  }
  for (const group of groupsOf(town, entry)) group.leave(key)
  for (const term of [affinity, antiAffinity]) {
    const group = groupAt(town, term)
    if (term === undefined || group === undefined) continue
    group.forget(entry)
    if (group.isIdle) shelfOf(town, term).delete(term.group)
  }
}

function groupAt(town: Town, term: Term | undefined): WorkloadGroup | undefined {
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
    if (entry && group.selects(entry.labels)) group.join(entry)
  }
  return group
}

function shelfOf({ byPair, others }: Town, { selector }: Term): Map<string, WorkloadGroup> {
  return labelPairOf(selector) === undefined ? others : byPair
}

/** Groups that rules name and that the workload is in. */
function groupsOf({ byPair, others }: Town, { labels }: Entry): readonly WorkloadGroup[] {
  if (byPair.size === 0 && others.size === 0) return []
  const found = byPair.size === 0 ? [] : pairsOf(labels).flatMap((pair) => byPair.get(pair) ?? [])
  return [...found, ...[...others.values()].filter((group) => group.selects(labels))]
}

/** Who has a rule about the workload, and whom it keeps away. */
function* concernedBy(town: Town | undefined, entry: Entry): Iterable<string> {
  if (town === undefined) return
  for (const group of groupsOf(town, entry)) yield* group.interested()
  yield* groupAt(town, entry.antiAffinity)?.members ?? []
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

function pairsOf(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`)
}

function entryOf(
  key: string,
  { metadata, spec }: Binding,
  rules: WorkloadAffinity | undefined,
  decision: Decision | undefined,
): Entry {
  const [workload] = spec.workloads
  const { kind = '', name = '', uid = '' } = workload?.ref ?? {}
  const labels = workload?.labels ?? {}
  const decided = [...(decision?.clusters ?? []), ...(spec.decision?.clusters ?? [])]
  const leaving = (spec.removals ?? []).filter(({ templateUID }) => templateUID === uid).map(({ id }) => id)
  const isGoing = metadata.deletionTimestamp !== undefined
  return {
    key,
    name: `${kind} ${name}`,
    namespace: metadata.namespace ?? '',
    labels,
    placed: isGoing ? [] : idsOf((decision?.clusters ?? []).filter(({ replicas = 1 }) => replicas > 0)),
    present: [...new Set([...idsOf(decided.filter(isRunning)), ...leaving])],
    affinity: toTerm(rules?.affinity, labels),
    antiAffinity: toTerm(rules?.antiAffinity, labels),
  }
}

/** Or may run, as far as the decision tells. */
function isRunning({ replicas = 1, from = 0 }: DecidedCluster): boolean {
  return Math.max(replicas, from) > 0
}

function idsOf(clusters: readonly DecidedCluster[]): readonly string[] {
  return clusters.map(({ id }) => id)
}
