// Weighted, static: replicas in proportion to weights, each cluster within its bounds.
import type { StaticWeight } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import { type Allocation, describeLimit, nameSome } from './allocation.ts'
import { divideReplicas, type Share } from './divide.ts'
import type { Judged } from './judge.ts'
import { type ClusterWeight, prepareWeights } from './weights.ts'

interface Weighed {
  readonly judged: Judged
  readonly asked: ClusterWeight
  readonly share: Share
}

export function allocateWeighted(
  replicas: number,
  list: readonly StaticWeight[] | undefined,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const weightOf = prepareWeights(list)
  const weighed = feasible.map((judged) => weigh(judged, weightOf(judged.cluster), ties))
  if (replicas === 0) return { replicas: keepAtZero(weighed) }
  const divided = divideReplicas(
    replicas,
    weighed.map(({ share }) => share),
  )
  const placed = new Map<string, number>()
  for (const [index, { judged }] of weighed.entries()) {
    const count = divided[index] ?? 0
    if (count > 0) placed.set(judged.cluster.id, count)
  }
  const shortfall = explainShortfall(replicas, divided, weighed)
  return { replicas: placed, ...(shortfall === undefined ? {} : { shortfall }) }
}

function weigh(judged: Judged, asked: ClusterWeight, ties: ReadonlyMap<string, number>): Weighed {
  const max = Math.min(asked.max, judged.limit)
  const share = { weight: asked.weight, min: Math.min(asked.min, max), max, tie: ties.get(judged.cluster.id) ?? 0 }
  return { judged, asked, share }
}

/** A template scaled to zero stays where it is; one that never ran goes wherever it could run. */
function keepAtZero(weighed: readonly Weighed[]): ReadonlyMap<string, number> {
  const usable = weighed.filter(({ asked }) => asked.weight > 0 || asked.min > 0)
  const holding = usable.filter(({ judged }) => judged.holding !== undefined)
  return new Map((holding.length > 0 ? holding : usable).map(({ judged }) => [judged.cluster.id, 0]))
}

function explainShortfall(
  replicas: number,
  divided: readonly number[],
  weighed: readonly Weighed[],
): Shortfall | undefined {
  const missing = replicas - divided.reduce((total, count) => total + count, 0)
  if (missing > 0) {
    const why = weighed.flatMap(describeBound)
    const message = `${replicas - missing} of ${replicas} replicas have a place: ${nameSome(why)}`
    return { reason: 'PartiallyPlaced', message, missingReplicas: missing }
  }
  const short = weighed.filter(({ share }, index) => (divided[index] ?? 0) < share.min)
  if (short.length === 0) return undefined
  const minima = weighed.reduce((total, { share }) => total + share.min, 0)
  const names = nameSome(short.map(({ judged, share }) => `${judged.cluster.name} wants ${share.min}`))
  const message = `minReplicas add up to ${minima}, the template has ${replicas}: ${names}`
  return { reason: 'MinReplicasExceedReplicas', message, missingReplicas: 0 }
}

/** Why a cluster takes no more. Clusters that are there only for others' sake (weight 0, no bounds) say so. */
function describeBound({ judged, asked }: Weighed): string[] {
  if (judged.limit < asked.max) return [describeLimit(judged)]
  if (asked.max < Number.POSITIVE_INFINITY) return [`${judged.cluster.name} takes at most ${asked.max} (maxReplicas)`]
  return [`${judged.cluster.name} has weight ${asked.weight}`]
}
