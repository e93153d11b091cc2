// Names the inputs of a decision by hashes, so that unchanged inputs are recognised.
import { canonicalJson } from '@flotilla/machinery/json'
import { combine, hash32, hashList, hashNumber, hashText } from './hash.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow } from './snapshot.ts'

/** Changes whenever the same inputs may be decided otherwise. */
export const engineVersion = 1

const hashes = new WeakMap<object, string>()

/**
 * `REQUEST.CLUSTERS`: a hash of what was asked and one of the clusters that could be used, their limits and costs. What is
 * only explained (free room where the mode does not go by it, why other clusters do not fit) is no input.
 */
export function hashInputs(request: ScheduleRequest, feasible: readonly Judged[]): string {
  const clusters = feasible.map(({ cluster, limit, costs }) =>
    combine(combine(cluster.idHash, hashNumber(limit)), costs?.hash ?? 0),
  )
  return `${hashRequest(request)}.${hashList(clusters)}`
}

function hashRequest(request: ScheduleRequest): string {
  const { templateUID, apiVersion, kind, replicas, completions, placement, alongWith } = request
  const asked = [engineVersion, templateUID, apiVersion, kind, replicas, completions, hashOnce(placement)]
  return hashText(JSON.stringify(alongWith === undefined ? asked : [...asked, alongWith.map(({ uid }) => uid)]))
}

/** Whether two hashes are of the same request, whatever the clusters were. */
export function isSameRequest(left: string, right: string): boolean {
  return requestPart(left) === requestPart(right)
}

/** Whether the hash is of that request, whatever the clusters were. */
export function isOfRequest(inputHash: string, request: ScheduleRequest): boolean {
  return requestPart(inputHash) === hashRequest(request)
}

function requestPart(inputHash: string): string {
  return inputHash.slice(0, inputHash.indexOf('.'))
}

/**
 * An order of clusters that differs from template to template, by cluster id: many small workloads spread evenly.
 * `feasible` comes by name, so equal hashes are told apart by it.
 */
export function orderTies(templateUID: string, feasible: readonly Judged[]): ReadonlyMap<string, number> {
  const tieOf = tieOrder(templateUID)
  const ties = new Map<string, number>()
  feasible.forEach(({ cluster }, index) => ties.set(cluster.id, tieOf(cluster, index)))
  return ties
}

/** `index`: of the cluster in any list by name. */
export function tieOrder(templateUID: string): (cluster: ClusterRow, index: number) => number {
  const seed = hash32(templateUID)
  return ({ idHash }, index) => combine(seed, idHash) * 0x100000 + index
}

/** Objects are immutable, so a placement is hashed once however many bindings share its policy. */
function hashOnce(value: object): string {
  const known = hashes.get(value)
  if (known !== undefined) return known
  const hash = hashText(canonicalJson(value))
  hashes.set(value, hash)
  return hash
}
