// What the scheduler knows of clusters: one immutable row each, made once per change of the cluster.
import type { Cluster, ClusterHealth, ClusterProperty, NodeShape, ServedApi } from '@flotilla/api/cluster'
import type { Taint } from '@flotilla/api/selector'
import { type Quantity, parseQuantity, quantityToNumber } from '@flotilla/machinery/quantity'
import type { CostBook } from './cost/book.ts'
import { defaultCostBook } from './cost/default-book.ts'
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
  readonly byId: ReadonlyMap<string, ClusterRow>
  readonly book: CostBook
}

const noKinds: ReadonlySet<string> = new Set()
const noProperties: ReadonlyMap<string, PropertyRow> = new Map()

/** `placedKinds`: `GROUP/KIND` of CustomResourceDefinitions that bindings place on the cluster. */
export function toClusterRow(cluster: Cluster, placedKinds: ReadonlySet<string> = noKinds): ClusterRow {
  const { metadata, spec, status } = cluster
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')
  const state = status?.health?.state
  const isLost = ready?.status === 'True' && isLostState(state)
  return {
    name: metadata.name,
    id: spec.id,
    idHash: hash32(spec.id),
    labels: metadata.labels ?? {},
    provider: spec.provider ?? '',
    region: spec.region ?? '',
    zones: spec.zones ?? [],
    taints: spec.taints ?? [],
    ready: ready?.status === 'True' && !isLost,
    notReadyReason: isLost
      ? `it is ${state}`
      : ready === undefined
        ? 'it has not reported yet'
        : ready.message || ready.reason,
    suspended: spec.suspend === true,
    deleting: metadata.deletionTimestamp !== undefined,
    ...(status?.apis === undefined ? {} : { kinds: kindsOf(status.apis) }),
    placedKinds,
    properties: status?.properties === undefined ? noProperties : propertiesOf(status.properties),
    ...(status?.nodeShapes === undefined ? {} : { shapes: status.nodeShapes.map(toShapeRow) }),
    ...(status?.resources?.allocatable === undefined ? {} : { resources: toResources(status.resources) }),
  }
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
  return { clusters, byId: new Map(clusters.map((row) => [row.id, row])), book }
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
