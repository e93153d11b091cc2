// Workloads of a namespace that a rule names: who they are, where they are placed, who wants to be near or away.
import { canonicalJson } from '@flotilla/machinery/json'
import { matchesLabels, type Labels, type Selector } from '@flotilla/machinery/selector'
import type { Topology } from '@flotilla/api/workload-affinity'
import type { Company, Residents } from '@flotilla/scheduler/neighbours'
import type { Term } from './affinity-term.ts'

/** What a group keeps of a workload; clusters by id. */
export interface Resident {
  readonly key: string
  /** For people, e.g. `Deployment db`. */
  readonly name: string
  /** Clusters that are to have it. */
  readonly placed: readonly string[]
  /** Those where some of it may run: also what leaves and has not been confirmed gone. */
  readonly present: readonly string[]
}

export class WorkloadGroup {
  readonly text: string
  readonly #selector: Selector
  readonly #members = new Map<string, Resident>()
  readonly #placed: Population = new Map()
  readonly #present: Population = new Map()
  /** Keys of those that must be beside it. */
  readonly #seekers = new Set<string>()
  /** By topology: those that must not be beside it. */
  readonly #avoiders = new Map<string, Avoiders>()

  constructor({ group, selector }: Term) {
    this.text = group
    this.#selector = selector
  }

  selects(labels: Labels): boolean {
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
    return this.#seekers.size === 0 && this.#avoiders.size === 0
  }

  /** Keys of all that have a rule about it. */
  *interested(): Iterable<string> {
    yield* this.#seekers
    for (const { keys } of this.#avoiders.values()) yield* keys
  }

  /** Some of it are placed, `name` aside. */
  isPlaced(name: string): boolean {
    for (const workloads of this.#placed.values()) {
      for (const other of workloads.values()) if (other !== name) return true
    }
    return false
  }

  join(resident: Resident): void {
    this.#members.set(resident.key, resident)
    populate(this.#placed, resident, resident.placed)
    populate(this.#present, resident, resident.present)
  }

  leave(key: string): void {
    const resident = this.#members.get(key)
    if (resident === undefined) return
    this.#members.delete(key)
    depopulate(this.#placed, key, resident.placed)
    depopulate(this.#present, key, resident.present)
  }

  seek(key: string): void {
    this.#seekers.add(key)
  }

  avoid(resident: Resident, topology: Topology): void {
    const id = canonicalJson(topology)
    const avoiders = this.#avoiders.get(id) ?? { topology, keys: new Set(), present: new Map() }
    this.#avoiders.set(id, avoiders)
    avoiders.keys.add(resident.key)
    populate(avoiders.present, resident, resident.present)
  }

  /** Takes back what the workload had to say of the group. */
  forget({ key, present }: Resident): void {
    this.#seekers.delete(key)
    for (const [id, avoiders] of this.#avoiders) {
      if (!avoiders.keys.delete(key)) continue
      depopulate(avoiders.present, key, present)
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
