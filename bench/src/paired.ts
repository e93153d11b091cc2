// Subject and reference in turn, so that whatever else the machine does meets both.
import type { Run } from './benchmark.ts'
import { median } from './stats.ts'

export interface Pairs {
  readonly subject: readonly number[]
  readonly reference: readonly number[]
  /** Of each pair. */
  readonly ratios: readonly number[]
}

/** Fewer pairs than this prove little. */
export const leastPairs = 7

/** Each measures once and returns milliseconds. The first `warmUps` pairs do not count; who begins alternates. */
export async function inTurn(
  run: Run,
  { pairs, warmUps = 1 }: { readonly pairs: number; readonly warmUps?: number },
  subject: (round: number) => Promise<number>,
  reference: (round: number) => Promise<number>,
): Promise<Pairs> {
  const measured: { subject: number; reference: number }[] = []
  for (let round = 0; round < pairs + warmUps; round++) {
    const isSubjectFirst = round % 2 === 0
    const first = isSubjectFirst ? await subject(round) : await reference(round)
    const second = isSubjectFirst ? await reference(round) : await subject(round)
    const pair = isSubjectFirst ? { subject: first, reference: second } : { subject: second, reference: first }
    const label = round < warmUps ? 'warm-up' : `pair ${round - warmUps + 1} of ${pairs}`
    run.progress(`${label}: ${pair.subject.toFixed(0)} ms against ${pair.reference.toFixed(0)} ms`)
    if (round >= warmUps) measured.push(pair)
  }
  return {
    subject: measured.map((pair) => pair.subject),
    reference: measured.map((pair) => pair.reference),
    ratios: measured.map((pair) => pair.subject / pair.reference),
  }
}

/** Complaints about a number of pairs that is too small. */
export function tooFew(pairs: number): readonly string[] {
  return pairs >= leastPairs ? [] : [`${pairs} pairs were measured, ${leastPairs} are the least`]
}

export function medianRatio({ ratios }: Pairs): number {
  return median(ratios)
}
