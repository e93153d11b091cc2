// Which losses are too many at once: by policy first, then of the hub. Pure.
import type { RemovalHold } from '@flotilla/api/removal'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Binding } from '../../hub.ts'
import { type Entry, entryOf, fallOf, headOf } from './ledger.ts'
import { excessOf, type Fall, type Whole } from './limit.ts'
import type { Loss } from './loss.ts'

export interface Sight {
  /** What is to go now. */
  readonly losses: readonly Loss[]
  /** What is held already. */
  readonly held: readonly Loss[]
  /** What was let go within the hour. */
  readonly recent: readonly Entry[]
  /** All that there are. */
  readonly bindings: readonly Binding[]
  /** ms since 1970. */
  readonly now: number
}

/** Losses to hold, with why. What a policy holds does not count for the hub: it does not go. */
export function judgeLosses(sight: Sight): ReadonlyMap<Loss, RemovalHold> {
  const holds = new Map<Loss, RemovalHold>()
  const hold = (losses: readonly Loss[], scope: RemovalHold['scope'], policy?: string) => {
    const message = tooMuchOf({ ...sight, losses }, scope, policy)
    const since = timestamp(sight.now)
    if (message !== undefined) for (const loss of losses) holds.set(loss, { since, scope, message })
  }
  const byPolicy = Map.groupBy(sight.losses, ({ binding }) => binding.spec.policy?.uid)
  for (const [policy, losses] of byPolicy) if (policy !== undefined) hold(losses, 'Policy', policy)
  const rest = sight.losses.filter((loss) => !holds.has(loss))
  hold(rest, 'Hub')
  return holds
}

/** Why `losses` are too much, with what is held in the same scope; undefined: they are not. */
function tooMuchOf(
  { losses, held, recent, bindings, now }: Sight,
  scope: RemovalHold['scope'],
  policy: string | undefined,
): string | undefined {
  const isOfScope = ({ spec }: Binding) => policy === undefined || spec.policy?.uid === policy
  const others = held.filter(({ binding }) => binding.spec.removalHold?.scope === scope && isOfScope(binding))
  const before = recent.filter((entry) => policy === undefined || entry.policy === policy)
  const falls = [...[...losses, ...others].map((loss) => fallOf(entryOf(loss, now))), ...before.map(fallOf)]
  return excessOf(falls, () => wholeOf(bindings.filter(isOfScope), falls))
}

/** All that there was before anything of `falls` went. */
function wholeOf(there: readonly Binding[], falls: readonly Fall[]): Whole {
  const marks = new Set(there.map(({ metadata }) => headOf(metadata.uid)))
  for (const { mark } of falls) marks.add(mark)
  const copies = there.reduce((sum, { spec }) => sum + (spec.decision?.clusters.length ?? 0), 0)
  const lost = falls.reduce((sum, fall) => sum + (fall.isDeleted ? 0 : fall.copies), 0)
  return { bindings: marks.size, copies: copies + lost }
}
