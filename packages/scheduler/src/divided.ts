// Divides replicas among candidates and says what has no place.
import type { Shortfall } from '@flotilla/api/resource-binding'
import { type Allocation, nameSome } from './allocation.ts'
import type { Candidate } from './candidate.ts'
import { divideReplicas } from './divide.ts'

export function allocateDivided(replicas: number, candidates: readonly Candidate[]): Allocation {
  if (replicas === 0) return { replicas: keepAtZero(candidates) }
  const divided = divideReplicas(
    replicas,
    candidates.map(({ share }) => share),
  )
  const placed = new Map<string, number>()
  for (const [index, { judged }] of candidates.entries()) {
    const count = divided[index] ?? 0
    if (count > 0) placed.set(judged.cluster.id, count)
  }
  const shortfall = explainShortfall(replicas, divided, candidates)
  return { replicas: placed, ...(shortfall === undefined ? {} : { shortfall }) }
}

/** A template scaled to zero stays where it is; one that never ran goes wherever it could run. */
function keepAtZero(candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const usable = candidates.filter(({ isUsable }) => isUsable)
  const holding = usable.filter(({ judged }) => judged.holding !== undefined)
  return new Map((holding.length > 0 ? holding : usable).map(({ judged }) => [judged.cluster.id, 0]))
}

function explainShortfall(
  replicas: number,
  divided: readonly number[],
  candidates: readonly Candidate[],
): Shortfall | undefined {
  const missing = replicas - divided.reduce((total, count) => total + count, 0)
  if (missing > 0) {
    const why = candidates.map((candidate) => candidate.describeBound())
    const message = `${replicas - missing} of ${replicas} replicas have a place: ${nameSome(why)}`
    return { reason: 'PartiallyPlaced', message, missingReplicas: missing }
  }
  const short = candidates.filter(({ share }, index) => (divided[index] ?? 0) < share.min)
  if (short.length === 0) return undefined
  const minima = candidates.reduce((total, { share }) => total + share.min, 0)
  const names = nameSome(short.map(({ judged, share }) => `${judged.cluster.name} wants ${share.min}`))
  const message = `minReplicas add up to ${minima}, the template has ${replicas}: ${names}`
  return { reason: 'MinReplicasExceedReplicas', message, missingReplicas: 0 }
}
