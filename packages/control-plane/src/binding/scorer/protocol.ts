// What scorers are asked, and what they may answer. Pure.
import { group, version } from '@flotilla/api/group'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { ClusterRow } from '@flotilla/scheduler/snapshot'

/** What a question is about, whichever clusters it names. */
export type Subject = Pick<ScheduleRequest, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'replicas' | 'requirements'>

export interface Answer {
  /** By name of cluster: currency per replica and hour. */
  readonly costs: ReadonlyMap<string, number>
  /** By name of cluster: why not. */
  readonly refusals: ReadonlyMap<string, string>
}

/** As JSON. */
export function questionText(subject: Subject, clusters: readonly ClusterRow[]): string {
  const { apiVersion, kind, namespace, name, replicas, requirements } = subject
  return JSON.stringify({
    apiVersion: `${group}/${version}`,
    kind: 'ScoreRequest',
    workload: { apiVersion, kind, namespace, name },
    replicas,
    requests: requirements?.resourceRequest,
    clusters: clusters.map(({ name: cluster, provider, region, zones, labels }) => {
      return { name: cluster, provider, region, zones, labels }
    }),
  })
}

/** A larger answer is not read: a cluster takes some tens of bytes. */
export const mostAnswerBytes = 4 * 1024 * 1024
/** As for every price: what is above has its decimal point in the wrong place. */
const highestCost = 1_000_000
const longestRefusal = 256

/** Throws Invalid saying what is wrong: an answer counts whole or not at all. `asked`: names of clusters. */
export function readAnswer(text: string, asked: readonly string[]): Answer {
  const { clusters } = toRecord(parse(text), 'it')
  if (!Array.isArray(clusters)) throw wrong('it has no list of clusters')
  const missing = new Set(asked)
  const costs = new Map<string, number>()
  const refusals = new Map<string, string>()
  for (const [index, entry] of (clusters as readonly unknown[]).entries()) {
    const { name, cost, refused } = toRecord(entry, `clusters[${index}]`)
    if (typeof name !== 'string') throw wrong(`clusters[${index}] has no name`)
    if (!missing.delete(name)) {
      const isTwice = costs.has(name) || refusals.has(name)
      throw wrong(`${isTwice ? 'it has twice' : 'it was not asked about'} cluster ${shorten(name)}`)
    }
    if (refused === undefined) costs.set(name, toCost(cost, name))
    else refusals.set(name, toRefusal(refused, cost, name))
  }
  const [first] = missing
  if (first !== undefined) throw wrong(`${missing.size} of ${asked.length} clusters are missing, such as ${first}`)
  return { costs, refusals }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw wrong('it is no JSON')
  }
}

function toCost(cost: unknown, name: string): number {
  if (typeof cost === 'number' && cost >= 0 && cost <= highestCost) return cost
  throw wrong(`the cost on ${name} is not a number from 0 to ${highestCost}`)
}

function toRefusal(refused: unknown, cost: unknown, name: string): string {
  if (cost !== undefined) throw wrong(`it says both a cost and a refusal for ${name}`)
  if (typeof refused === 'string' && refused !== '') return shorten(refused)
  throw wrong(`the refusal of ${name} is no text`)
}

/** Printable, on one line. */
function shorten(text: string): string {
  const plain = text.replace(/\p{C}/gu, ' ')
  return plain.length > longestRefusal ? `${plain.slice(0, longestRefusal)}…` : plain
}

function toRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(`${what} is no object`)
}

function wrong(why: string): FlotillaError {
  return new FlotillaError('Invalid', `its answer cannot be used: ${why}`)
}
