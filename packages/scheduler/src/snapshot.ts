// What the scheduler knows of clusters: one immutable row each, made once per change of the cluster.
import type { Cluster, ClusterHealth, ClusterProperty, NodeShape, ServedApi } from '@flotilla/api/cluster'
import type { Taint } from '@flotilla/api/selector'
import { type Quantity, parseQuantity, quantityToNumber } from '@flotilla/machinery/quantity'
import type { CostBook } from './cost/book.ts'
import { defaultCostBook } from './cost/default-book.ts'
import { type ClusterFacts, factsOf, keepFacts } from './facts.ts'
import { hash32 } from './hash.ts'

export interface ShapeRow {
  readonly free: ReadonlyMap<string, Quantity>
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly count: number
}

/** Of one resource on all ready nodes together. */
export interface Utilisation {
  readonly allocatable: number
  readonly requested: number
}

export interface PropertyRow {
  readonly values: ReadonlySet<string>
  /** False: the values are those of an earlier reading. */
  readonly isRead: boolean
}

export interface ClusterRow {
  readonly name: string
  readonly id: string
  /** Of the id; orders ties. */
  readonly idHash: number
  readonly labels: Readonly<Record<string, string>>
  readonly provider: string
  readonly region: string
  readonly zones: readonly string[]
  /** Of its API server, `v1.36.3`. None: not known yet. */
  readonly kubernetesVersion?: string
  /** None: not known yet. */
  readonly nodes?: { readonly total: number; readonly ready: number }
  readonly taints: readonly Taint[]
  readonly ready: boolean
  /** Of condition Ready where it is not True. */
  readonly notReadyReason: string
  readonly suspended: boolean
  readonly deleting: boolean
  /** `GROUP/KIND` of what the member serves, whatever the version. None: not known yet. */
  readonly kinds?: ReadonlySet<string>
  /** `GROUP/KIND` of CustomResourceDefinitions that we placed there and that it may not serve yet. */
  readonly placedKinds: ReadonlySet<string>
  /** ClusterProperties of the member, by name. */
  readonly properties: ReadonlyMap<string, PropertyRow>
  /** None: not known. */
  readonly shapes?: readonly ShapeRow[]
  /** None: not known. */
  readonly resources?: { readonly cpus: Utilisation; readonly memoryGiB: Utilisation }
}

export interface Snapshot {
  /** By name, so that no result depends on the order in which clusters came. */
  readonly clusters: readonly ClusterRow[]
  /** What filters see of each, in the same order: the same array as long as they see the same. */
  readonly facts: readonly ClusterFacts[]
  readonly byId: RowsById
  readonly book: CostBook
}

/** The rows of a snapshot by cluster id. Where they are is found out once for all snapshots of the same clusters. */
class RowsById {
  readonly #rows: readonly ClusterRow[]
  readonly #places: ReadonlyMap<string, number>

  constructor(rows: readonly ClusterRow[], places: ReadonlyMap<string, number> = placesOf(rows)) {
    this.#rows = rows
    this.#places = places
  }

  get(id: string): ClusterRow | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#rows[place]
  }

  has(id: string): boolean {
    return this.#places.has(id)
  }

  /** In the snapshot's clusters. */
  placeOf(id: string): number | undefined {
    return this.#places.get(id)
  }

  /** `rows`: of the same clusters, in the same order. */
  withRows(rows: readonly ClusterRow[]): RowsById {
    return new RowsById(rows, this.#places)
  }
}

function placesOf(rows: readonly ClusterRow[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ id }, place) => [id, place]))
}

const noKinds: ReadonlySet<string> = new Set()
const noProperties: ReadonlyMap<string, PropertyRow> = new Map()

/** `placedKinds`: `GROUP/KIND` of CustomResourceDefinitions that bindings place on the cluster. */
export function toClusterRow(cluster: Cluster, placedKinds: ReadonlySet<string> = noKinds): ClusterRow {
  const { metadata, spec, status } = cluster
  const why = whyNotReady(status)
  return {
    name: metadata.name,
    id: spec.id,
    idHash: hash32(spec.id),
    labels: metadata.labels ?? {},
    provider: spec.provider ?? '',
    region: spec.region ?? '',
    zones: spec.zones ?? [],
    ...(status?.kubernetesVersion === undefined ? {} : { kubernetesVersion: status.kubernetesVersion }),
    ...(status?.nodes === undefined ? {} : { nodes: status.nodes }),
    taints: spec.taints ?? [],
    ready: why === undefined,
    notReadyReason: why ?? '',
    suspended: spec.suspend === true,
    deleting: metadata.deletionTimestamp !== undefined,
    ...(status?.apis === undefined ? {} : { kinds: kindsOf(status.apis) }),
    placedKinds,
    properties: status?.properties === undefined ? noProperties : propertiesOf(status.properties),
    ...(status?.nodeShapes === undefined ? {} : { shapes: status.nodeShapes.map(toShapeRow) }),
    ...(status?.resources?.allocatable === undefined ? {} : { resources: toResources(status.resources) }),
  }
}

/** Undefined: it can be used. */
function whyNotReady(status: Cluster['status']): string | undefined {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')
  if (ready === undefined) return 'it has not reported yet'
  if (ready.status !== 'True') return ready.message || ready.reason
  return isLostState(status?.health?.state) ? `it is ${status?.health?.state}` : undefined
}

/** It does not answer, or answers again since so short a time that it may be gone again: nothing new goes there. */
export function isLostState(state: ClusterHealth['state'] | undefined): boolean {
  return state === 'Unreachable' || state === 'Failed' || state === 'Recovering'
}

type ResourceSums = NonNullable<NonNullable<Cluster['status']>['resources']>

function toResources({ allocatable = {}, requested = {} }: ResourceSums): NonNullable<ClusterRow['resources']> {
  const utilisation = (name: string, unit: number) => ({
    allocatable: quantityToNumber(parseQuantity(allocatable[name] ?? 0)) / unit,
    requested: quantityToNumber(parseQuantity(requested[name] ?? 0)) / unit,
  })
  return { cpus: utilisation('cpu', 1), memoryGiB: utilisation('memory', 2 ** 30) }
}

export function createSnapshot(rows: Iterable<ClusterRow>, book: CostBook = defaultCostBook): Snapshot {
  const clusters = [...rows].sort((left, right) => compareText(left.name, right.name) || compareText(left.id, right.id))
  return { clusters, facts: clusters.map(factsOf), byId: new RowsById(clusters), book }
}

/**
 * The snapshot with newer rows of some of its clusters, which have the names and ids that they had. What was found out
 * about all others holds, and where only room changed also what does not depend on it.
 */
export function replaceRows(snapshot: Snapshot, rows: Iterable<ClusterRow>): Snapshot {
  const clusters = [...snapshot.clusters]
  let { facts } = snapshot
  for (const row of rows) {
    const place = snapshot.byId.placeOf(row.id)
    const before = place === undefined ? undefined : clusters[place]
    if (place === undefined || before === undefined) continue
    keepFacts(before, row)
    clusters[place] = row
    if (factsOf(row) !== facts[place]) facts = facts.with(place, factsOf(row))
  }
  return { ...snapshot, clusters, facts, byId: snapshot.byId.withRows(clusters) }
}

/** By code units: the same on every machine, whatever its locale. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function kindsOf(apis: readonly ServedApi[]): ReadonlySet<string> {
  return new Set(apis.flatMap((api) => api.kinds.map((kind) => `${api.group}/${kind}`)))
}

function propertiesOf(properties: readonly ClusterProperty[]): ReadonlyMap<string, PropertyRow> {
  return new Map(
    properties.map(({ name, values, unread }) => [name, { values: new Set(values), isRead: unread !== true }]),
  )
}

function toShapeRow(shape: NodeShape): ShapeRow {
  return {
    free: new Map(Object.entries(shape.free).map(([name, quantity]) => [name, parseQuantity(quantity)])),
    labels: shape.labels ?? {},
    taints: shape.taints ?? [],
    count: shape.count,
  }
}
