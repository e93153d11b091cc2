// What can change in a fleet: each is a function from a fleet to the fleet that it would be.
import type { Taint } from '@flotilla/api/selector'
import { FlotillaError } from '@flotilla/machinery/errors'
import { hash32 } from '../hash.ts'
import { gangOf, type Part } from '../requirements.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { Fleet, Work } from './fleet.ts'

/** What a drained cluster is tainted with. */
export const drainTaint: Taint = { key: 'flotilla.dev/drain', effect: 'NoExecute' }

/** Throws NotFound for a cluster that is not there. */
export function loseCluster(fleet: Fleet, name: string): Fleet {
  const lost = clusterNamed(fleet, name)
  return { ...fleet, clusters: fleet.clusters.filter((cluster) => cluster !== lost) }
}

/** Throws NotFound for a cluster that is not there. */
export function drainCluster(fleet: Fleet, name: string): Fleet {
  const drained = clusterNamed(fleet, name)
  return withCluster(fleet, { ...drained, taints: [...drained.taints, drainTaint] })
}

/** In place of the one with its id, or new. Throws AlreadyExists when another has its name. */
export function withCluster(fleet: Fleet, row: ClusterRow): Fleet {
  const other = fleet.clusters.find(({ name, id }) => name === row.name && id !== row.id)
  if (other !== undefined) {
    throw new FlotillaError('AlreadyExists', `Cannot add cluster ${row.name}: there is one of this name, ${other.id}`)
  }
  return { ...fleet, clusters: [...fleet.clusters.filter(({ id }) => id !== row.id), row] }
}

/** A new cluster that differs from another in nothing but name and id. Throws NotFound for one that is not there. */
export function addLike(fleet: Fleet, name: string, like: string): Fleet {
  const id = `new cluster ${name}`
  return withCluster(fleet, { ...clusterNamed(fleet, like), name, id, idHash: hash32(id) })
}

const mostReplicas = 2 ** 31 - 1

/**
 * Replicas × `factor`, rounded up; of Jobs and objects without replicas nothing. Throws NotFound where nothing that has
 * replicas is meant, Invalid past 2^31 − 1.
 */
export function scaleLoad(fleet: Fleet, factor: number, isMeant: (work: Work) => boolean): Fleet {
  const meant = new Set(fleet.works.filter((work) => isScalable(work) && isMeant(work)))
  if (meant.size > 0)
    return { ...fleet, works: fleet.works.map((work) => (meant.has(work) ? scaleWork(work, factor) : work)) }
  throw new FlotillaError('NotFound', `Cannot plan with load × ${factor}: no workload with replicas is meant by it`)
}

function isScalable({ request, workload }: Work): boolean {
  return request.replicas !== undefined && request.completions === undefined && workload.kind !== 'Job'
}

function scaleWork(work: Work, factor: number): Work {
  const { replicas = 0, requirements } = work.request
  if (requirements?.parts !== undefined)
    return { ...work, request: scaleGang(work.request, requirements.parts, factor) }
  // Of 3 × 1.1 a double makes a little more than what people mean.
  const scaled = Math.ceil(Number((replicas * factor).toPrecision(12)))
  if (scaled <= mostReplicas) return { ...work, request: { ...work.request, replicas: scaled } }
  const { kind, name } = work.workload
  throw new FlotillaError('Invalid', `Cannot plan with load × ${factor}: ${kind} ${name} would have ${scaled} replicas`)
}

/** Still one, with more pods. */
function scaleGang(request: Work['request'], parts: readonly Part[], factor: number): Work['request'] {
  const more = parts.map((part) => ({ ...part, pods: Math.ceil(Number((part.pods * factor).toPrecision(12))) }))
  return { ...request, requirements: gangOf(more) }
}

export function clusterNamed({ clusters }: Fleet, name: string): ClusterRow {
  const found = clusters.find((cluster) => cluster.name === name)
  if (found !== undefined) return found
  const known = clusters.map((cluster) => cluster.name).join(', ') || 'none'
  throw new FlotillaError('NotFound', `Cannot plan with cluster ${name}: it is not registered; registered: ${known}`)
}
