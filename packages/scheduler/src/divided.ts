// Divides replicas among candidates and says what has no place.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import { type Allocation, nameSome } from './allocation.ts'
import { type Candidate, describeBound } from './candidate.ts'
import { divideReplicas } from './divide.ts'
import { type Division, divideSpread } from './spread/spread.ts'
import { divideInTiers } from './spread/return-to-tiers.ts'

export interface Spreading {
  /** Their domains nest. */
  readonly constraints: readonly SpreadConstraint[]
  /** As few domains as suffice, else as many as may be. */
  readonly isPacked: boolean
  /** Whether what later tiers hold may go to earlier ones. */
  readonly mayReturn: boolean
}

export function allocateDivided(
  replicas: number,
  candidates: readonly Candidate[],
  spreading: Spreading | undefined,
): Allocation {
  const division =
    spreading === undefined ? divideFreely(replicas, candidates) : divideOver(replicas, candidates, spreading)
  const { counts, unused, gap } = division
  const shortfall = explainShortfall(replicas, candidates, division)
  return {
    replicas: replicas === 0 ? keepAtZero(candidates.filter((_, index) => !unused.has(index))) : placedBy(counts),
    ...(shortfall === undefined ? {} : { shortfall }),
    ...(gap === 0 ? {} : { gap }),
    unused: new Set([...unused].map((index) => candidates[index]?.judged.cluster.id ?? '')),
  }

  function placedBy(divided: readonly number[]): ReadonlyMap<string, number> {
    const placed = new Map<string, number>()
    divided.forEach((count, index) => {
      const id = candidates[index]?.judged.cluster.id
      if (count > 0 && id !== undefined) placed.set(id, count)
    })
    return placed
  }
}

function divideFreely(replicas: number, candidates: readonly Candidate[]): Division {
  const counts = divideReplicas(
    replicas,
    candidates.map(({ share }) => share),
  )
  return { counts, reasons: [], unused: new Set(), gap: 0 }
}

function divideOver(
  replicas: number,
  candidates: readonly Candidate[],
  { constraints, isPacked, mayReturn }: Spreading,
): Division {
  const divide = (some: readonly Candidate[]) => divideSpread(replicas, constraints, some, isPacked)
  return mayReturn ? divideInTiers(candidates, divide) : divide(candidates)
}

/** A template scaled to zero stays where it is; one that never ran goes wherever it could run. */
function keepAtZero(candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const usable = candidates.filter(({ isUsable }) => isUsable)
  const holding = usable.filter(({ judged }) => judged.holding !== undefined)
  return new Map((holding.length > 0 ? holding : usable).map(({ judged }) => [judged.cluster.id, 0]))
}

function explainShortfall(
  replicas: number,
  candidates: readonly Candidate[],
  { counts, reasons, unmet, unused }: Division,
): Shortfall | undefined {
  const missing = replicas - counts.reduce((total, count) => total + count, 0)
  if (missing > 0) {
    const full = candidates.filter(({ share }, at) => !unused.has(at) && isFull(share.weight, share.max, counts[at]))
    const why = [...(unmet === undefined ? [] : [unmet]), ...reasons, ...full.map(describeBound)]
    const message = `${replicas - missing} of ${replicas} replicas have a place: ${nameSome(why)}`
    return { reason: 'PartiallyPlaced', message, missingReplicas: missing }
  }
  if (unmet !== undefined && replicas > 0) return { reason: 'SpreadNotMet', message: unmet, missingReplicas: 0 }
  return explainMinima(replicas, candidates, counts)
}

function isFull(weight: number, max: number, count = 0): boolean {
  return weight === 0 || count >= max
}

function explainMinima(
  replicas: number,
  candidates: readonly Candidate[],
  counts: readonly number[],
): Shortfall | undefined {
  const short = replicas === 0 ? [] : candidates.filter(({ share }, index) => (counts[index] ?? 0) < share.min)
  if (short.length === 0) return undefined
  const minima = candidates.reduce((total, { share }) => total + share.min, 0)
  const names = nameSome(short.map(({ judged, share }) => `${judged.cluster.name} wants ${share.min}`))
  const message =
    minima > replicas
      ? `minReplicas add up to ${minima}, the template has ${replicas}: ${names}`
      : `spreadConstraints leave minReplicas unmet: ${names}`
  return { reason: minima > replicas ? 'MinReplicasExceedReplicas' : 'SpreadNotMet', message, missingReplicas: 0 }
}
