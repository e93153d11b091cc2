// Workloads of a namespace that a rule names: who they are, where they are placed, who wants to be near or away.
import { canonicalJson } from '@flotilla/machinery/json'
import { matchesLabels, type Labels, type Selector } from '@flotilla/machinery/selector'
import type { Topology } from '@flotilla/api/workload-affinity'
import type { Company, Residents } from '@flotilla/scheduler/neighbours'
import type { Term } from './affinity-term.ts'

/** A workload as groups know it; clusters by id. */
export interface Resident {
  readonly key: string
  /** For people, e.g. `Deployment db`. */
  readonly name: string
  /** Clusters that are to have it. */
  placed(): readonly string[]
  /** Those where some of it may run: also what leaves and has not been confirmed gone. */
  present(): readonly string[]
}

export class WorkloadGroup {
  readonly text: string
  readonly #selector: Selector
  readonly #members = new Map<string, Resident>()
  readonly #placed: Population = new Map()
  readonly #present: Population = new Map()
  /** Keys of those that must be beside it. */
  readonly #seekers = new Set<string>()
  /** Keys of those that would rather be beside it, or not: what becomes of it decides nothing of them anew. */
  readonly #watchers = new Set<string>()
  /** By topology: those that must not be beside it. */
  readonly #avoiders = new Map<string, Avoiders>()

  constructor({ group, selector }: Term) {
    this.text = group
    this.#selector = selector
  }

  /** Whether it has one of the workloads with these labels. */
  selectsAny(labels: readonly Labels[]): boolean {
    return labels.some((each) => this.#selects(each))
  }

  #selects(labels: Labels): boolean {
    return matchesLabels(this.#selector, labels)
  }

  has(key: string): boolean {
    return this.#members.has(key)
  }

  get members(): Iterable<string> {
    return this.#members.keys()
  }

  /** Nobody has a rule about it any more. */
  get isIdle(): boolean {
    return this.#seekers.size === 0 && this.#watchers.size === 0 && this.#avoiders.size === 0
  }

  /** Keys of those that must be beside it. */
  get seekers(): Iterable<string> {
    return this.#seekers
  }

  /** Whose view of the group is another since `key` came to be placed on these clusters, or ceased to be. */
  *viewersOfPlaced(key: string, clusters: readonly string[]): Iterable<string> {
    yield* viewers(this.#placed, key, clusters, this.#seekers)
  }

  /** The same of those that must not be beside it. */
  *viewersOfPresent(key: string, clusters: readonly string[]): Iterable<string> {
    for (const { keys } of this.#avoiders.values()) yield* viewers(this.#present, key, clusters, keys)
  }

  /** Which members see the group kept away from other clusters since `key`, which avoids it, came or went there. */
  *viewersOfAvoider(key: string, topology: Topology, clusters: readonly string[]): Iterable<string> {
    const present = this.#avoiders.get(canonicalJson(topology))?.present ?? new Map()
    yield* viewers(present, key, clusters, this.#members)
  }

  /** Some of it are placed, those called `name` aside. */
  isPlaced(name?: string): boolean {
    for (const workloads of this.#placed.values()) {
      for (const other of workloads.values()) if (other !== name) return true
    }
    return false
  }

  join(resident: Resident): void {
    this.#members.set(resident.key, resident)
    populate(this.#placed, resident, resident.placed())
    populate(this.#present, resident, resident.present())
  }

  leave(key: string): void {
    const resident = this.#members.get(key)
    if (resident === undefined) return
    this.#members.delete(key)
    depopulate(this.#placed, key, resident.placed())
    depopulate(this.#present, key, resident.present())
  }

  seek(key: string): void {
    this.#seekers.add(key)
  }

  watch(key: string): void {
    this.#watchers.add(key)
  }

  avoid(resident: Resident, topology: Topology): void {
    const id = canonicalJson(topology)
    const avoiders = this.#avoiders.get(id) ?? { topology, keys: new Set(), present: new Map() }
    this.#avoiders.set(id, avoiders)
    avoiders.keys.add(resident.key)
    populate(avoiders.present, resident, resident.present())
  }

  /** Takes back what the workload had to say of the group. */
  forget(resident: Resident): void {
    const { key } = resident
    this.#seekers.delete(key)
    this.#watchers.delete(key)
    for (const [id, avoiders] of this.#avoiders) {
      if (!avoiders.keys.delete(key)) continue
      depopulate(avoiders.present, key, resident.present())
      if (avoiders.keys.size === 0) this.#avoiders.delete(id)
    }
  }

  placedBy(topology: Topology): Company {
    return { group: this.text, topology, residents: this.#placed }
  }

  presentBy(topology: Topology): Company {
    return { group: this.text, topology, residents: this.#present }
  }

  avoidedBy(): readonly Company[] {
    return [...this.#avoiders.values()].map(({ topology, present }) => ({
      group: this.text,
      topology,
      residents: present,
    }))
  }
}

type Population = Map<string, Map<string, string>> & Residents

interface Avoiders {
  readonly topology: Topology
  readonly keys: Set<string>
  readonly present: Population
}

/**
 * Nobody looks at how many are on a cluster, only at whether any other is: of a cluster where nobody else is all see
 * something new, where one other is only that one does, where more are nobody.
 */
function* viewers(
  population: Population,
  key: string,
  clusters: readonly string[],
  all: Pick<ReadonlySet<string>, 'has' | 'keys'>,
): Iterable<string> {
  for (const id of clusters) {
    const others = [...firstKeys(population.get(id), 3)].filter((other) => other !== key)
    const [only] = others
    if (only === undefined) return yield* all.keys()
    if (others.length === 1 && all.has(only)) yield only
  }
}

function* firstKeys(workloads: ReadonlyMap<string, string> | undefined, most: number): Iterable<string> {
  let left = most
  for (const key of workloads?.keys() ?? []) {
    if (left-- === 0) return
    yield key
  }
}

function populate(population: Population, { key, name }: Resident, clusters: readonly string[]): void {
  for (const id of clusters) {
    const workloads = population.get(id)
    if (workloads === undefined) population.set(id, new Map([[key, name]]))
    else workloads.set(key, name)
  }
}

function depopulate(population: Population, key: string, clusters: readonly string[]): void {
  for (const id of clusters) {
    const workloads = population.get(id)
    workloads?.delete(key)
    if (workloads?.size === 0) population.delete(id)
  }
}
